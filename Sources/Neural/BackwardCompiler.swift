/// Adds to a forward program what computes gradients: instructions that carry them from the output
/// to every value that a parameter feeds, and tasks that sum the parameters' own.
struct BackwardCompiler {
  /// What runs over one kind of rows.
  struct Phase {
    /// What carries gradients, row by row.
    var instructions: [Instruction] = []
    /// Tasks by the place that they write; each list runs in order, lists in any order.
    var taskLists: [[GradientTask]] = []
    fileprivate var listOfPlace: [Int: Int] = [:]
  }

  /// Columns that one gradient task computes.
  static let tileColumns = 64

  private(set) var forward: ForwardCompiler
  /// What runs over the samples.
  private(set) var samples = Phase()
  /// What runs over the noise steps afterwards, where samples share them.
  private(set) var noiseSteps = Phase()
  /// The gradient of each value, where one is needed.
  private(set) var gradients: [Slot?]
  private var isWritten: [Bool]
  private var needsGradient: [Bool]
  /// Offsets of the parameters that an operation has written already; later ones add.
  private var written: Set<Int> = []
  private let output: Int
  /// Which rows the value at hand has.
  private var rows = ForwardCompiler.RowKind.samples

  /// - Parameters:
  ///   - output: The node whose gradient is given.
  ///   - inputs: Indices of inputs whose gradient is wanted, besides the parameters'.
  ///   - batch: The number of samples.
  ///   - noiseSteps: The number of noise steps that samples share; 0 if each has its own.
  ///   - watched: Nodes whose values are read after the forward pass.
  init(output: Node, inputs: Set<Int>, batch: Int, noiseSteps: Int, watched: [Node]) {
    let graph = output.graph
    self.output = output.index
    forward = ForwardCompiler(
      graph: graph, outputs: [output] + watched, isTraining: true,
      capacities: [noiseSteps, 0, batch])
    gradients = Array(repeating: nil, count: graph.values.count)
    isWritten = Array(repeating: false, count: graph.values.count)
    needsGradient = isWritten
    for (index, value) in graph.values.enumerated() {
      if case .input = value.operation {
        needsGradient[index] = inputs.contains(index)
      } else {
        needsGradient[index] =
          value.operation.isTrained || value.operation.sources.contains { needsGradient[$0] }
      }
    }
    gradients[output.index] = forward.allocate(output.count, rows: .samples)
    isWritten[output.index] = true
    for index in (0...output.index).reversed()
    where needsGradient[index] && isWritten[index] {
      rows = forward.rowKind(index)
      emit(index)
    }
    // Of an input that the output does not depend on they stay zeros.
    for index in inputs where gradients[index] == nil {
      gradients[index] = forward.allocate(count(index), rows: forward.rowKind(index))
    }
  }

  func value(_ index: Int) -> Slot { forward.slots[index] ?? Slot(offset: 0, stride: 0) }

  /// What the forward pass kept for this one.
  func kept(_ index: Int) -> Slot {
    forward.statistics[index] ?? Slot(offset: 0, stride: 0)
  }

  func count(_ index: Int) -> Int { forward.graph.values[index].count }

  /// Appends an instruction over the rows of the value at hand.
  mutating func add(_ instruction: Instruction) {
    if rows == .noiseSteps {
      noiseSteps.instructions.append(instruction)
    } else {
      samples.instructions.append(instruction)
    }
  }

  /// The gradient of a source to write or add to, or nil where nobody needs it.
  mutating func target(_ source: Int) -> (slot: Slot, accumulates: Bool)? {
    guard needsGradient[source] else { return nil }
    let kind = forward.rowKind(source)
    let slot = gradients[source] ?? forward.allocate(count(source), rows: kind)
    gradients[source] = slot
    defer { isWritten[source] = true }
    guard kind != rows else { return (slot, isWritten[source]) }
    // Samples read the row of their noise step; its gradient is the sum of theirs, which joins
    // others in the noise steps' own phase, in the order in which all are noted.
    let spread = forward.allocate(count(source), rows: rows)
    let sums = addGroupSums(of: spread)
    noiseSteps.instructions.append(.scale(slot, sums, by: 1, accumulates: isWritten[source]))
    return (spread, false)
  }

  /// Sums a gradient over the samples of each noise step.
  ///
  /// - Returns: The sums, a row for each step.
  private mutating func addGroupSums(of dy: Slot) -> Slot {
    let sums = forward.allocate(dy.stride, rows: .noiseSteps)
    addTasks(place: -1 - sums.offset, columns: dy.stride) { column, columns in
      .groupSums(sums, outputGradient: dy, column: column, columns: columns)
    }
    return sums
  }

  private mutating func emit(_ index: Int) {
    guard let dy = gradients[index] else { return }
    switch forward.graph.values[index].operation {
    case .input:
      break
    case .linear(let factors, let rows, let weight, let bias):
      emitLinear(index, dy, factors, rows: rows, weight: weight, bias: bias)
    case .activation(let x, _, _):
      emitActivation(dy, of: x, slope: forward.slopes[index], isOutput: index == output)
    case .layerNorm(let x, let columns, let scale, let shift, _):
      emitLayerNorm(index, dy, of: x, columns: columns, scale: scale, shift: shift)
    case .softmax(let x, let columns):
      guard let dx = target(x) else { return }
      add(
        .softmaxBackward(
          dx.slot, outputGradient: dy, output: value(index), rows: count(x) / columns,
          columns: columns, accumulates: dx.accumulates))
    case .sum(let a, let b, let scaleA, let scaleB):
      emitScaled(dy, by: [(a, scaleA), (b, scaleB)])
    case .scale(let x, let factor):
      emitScaled(dy, by: [(x, factor)])
    case .multiply(let a, let b):
      for (source, other) in [(a, b), (b, a)] {
        guard let dx = target(source) else { continue }
        add(
          .multiply(
            dx.slot, dy, forward.operandPlace(other, of: index), accumulates: dx.accumulates))
      }
    case .shift(let x, let parameter):
      emitShift(dy, of: x, by: parameter)
    case .columns(let x, let range, let rows):
      emitColumns(dy, of: x, range, rows: rows)
    case .attention(let x, let sizes):
      emitAttention(index, dy, of: x, sizes)
    case .sharedAttention:
      break  // Only programs that decide have it.
    case .concatenation(let parts, let rows):
      emitConcatenation(dy, parts, rows: rows, width: count(index) / max(rows, 1))
    case .contrast(let x, let group):
      guard let dx = target(x) else { return }
      add(
        .contrastBackward(
          dx.slot, lossGradient: dy, probabilities: kept(index), group: group,
          accumulates: dx.accumulates))
    case .squaredError(let prediction, let expected, let weight, let columns):
      guard let dx = target(prediction) else { return }
      add(
        .squaredErrorBackward(
          dx.slot, lossGradient: dy, prediction: value(prediction), target: value(expected),
          weight: weight.map { value($0) }, columns: columns, accumulates: dx.accumulates))
    case .loss(_, let prediction, _, _):
      guard let dx = target(prediction), let slope = forward.slopes[index] else { return }
      add(
        .lossBackward(dx.slot, lossGradient: dy, slope: slope, accumulates: dx.accumulates))
    case .spatial(let x, let operation):
      emitSpatial(index, dy, of: x, operation)
    case .modulate, .framed, .mixture, .quantise:
      emitConditioned(index, dy)
    }
  }

  private mutating func emitAttention(_ index: Int, _ dy: Slot, of x: Int, _ sizes: AttentionSizes)
  {
    guard let dx = target(x) else { return }
    add(
      .attentionBackward(
        dx.slot, outputGradient: dy, weights: kept(index), output: value(index), input: value(x),
        sizes, accumulates: dx.accumulates))
  }

  private mutating func emitScaled(_ dy: Slot, by factors: [(source: Int, scale: Float)]) {
    for (source, scale) in factors {
      guard let dx = target(source) else { continue }
      add(.scale(dx.slot, dy, by: scale, accumulates: dx.accumulates))
    }
  }

  private mutating func emitActivation(_ dy: Slot, of x: Int, slope: Slot?, isOutput: Bool) {
    guard let slope, needsGradient[x] else { return }
    // The only reader of x passes its own gradient on, multiplied in place.
    if forward.uses[x] == 1, gradients[x] == nil, !isOutput {
      gradients[x] = dy
      isWritten[x] = true
      add(.multiply(dy, dy, slope, accumulates: false))
    } else if let dx = target(x) {
      add(.multiply(dx.slot, dy, slope, accumulates: dx.accumulates))
    }
  }

  private mutating func emitShift(_ dy: Slot, of x: Int, by parameter: Parameter) {
    if let dx = target(x) {
      add(.scale(dx.slot, dy, by: 1, accumulates: dx.accumulates))
    }
    let rows = count(x) / parameter.count
    addTasks(for: parameter, columns: parameter.count) { column, columns, accumulates in
      .bias(
        gradient: parameter.offset, outputGradient: dy, column: column, columns: columns,
        rows: rows,
        outer: parameter.count, accumulates: accumulates)
    }
    written.insert(parameter.offset)
  }

  private mutating func emitColumns(_ dy: Slot, of x: Int, _ range: Range<Int>, rows: Int) {
    guard let dx = target(x) else { return }
    if !dx.accumulates {
      // The other columns have no gradient from here.
      add(
        .fillRows(dx.slot, RowStart(), columns: count(x)))
    }
    add(
      .copyColumns(
        Strip(slot: dx.slot, column: range.lowerBound, width: count(x) / rows),
        from: Strip(slot: dy, column: 0, width: range.count), columns: range.count, rows: rows,
        accumulates: true))
  }

  private mutating func emitConcatenation(
    _ dy: Slot, _ parts: [(node: Int, width: Int)], rows: Int, width: Int
  ) {
    var column = 0
    for part in parts {
      if let dx = target(part.node) {
        add(
          .copyColumns(
            Strip(slot: dx.slot, column: 0, width: part.width),
            from: Strip(slot: dy, column: column, width: width), columns: part.width, rows: rows,
            accumulates: dx.accumulates))
      }
      column += part.width
    }
  }

  private mutating func emitLayerNorm(
    _ index: Int, _ dy: Slot, of x: Int, columns: Int, scale: Parameter?, shift: Parameter?
  ) {
    let rows = count(x) / columns
    let statistics = kept(index)
    if let dx = target(x) {
      add(
        .layerNormBackward(
          dx.slot, outputGradient: dy, input: value(x), statistics: statistics,
          scale: scale?.offset, rows: rows, columns: columns, accumulates: dx.accumulates))
    }
    guard let scale, let shift else { return }
    let input = value(x)
    addTasks(for: scale, columns: columns) { column, columns, accumulates in
      .layerNorm(
        scale: scale.offset, shift: shift.offset, outputGradient: dy, input: input,
        statistics: statistics, column: column, columns: columns, rows: rows, width: scale.count,
        accumulates: accumulates)
    }
    written.insert(scale.offset)
  }

  /// Notes that a parameter's gradient has been written; later uses add to it.
  mutating func noteWritten(_ offset: Int) { written.insert(offset) }

  private mutating func emitLinear(
    _ index: Int, _ dy: Slot, _ factors: [Operation.Factor], rows: Int, weight: Parameter,
    bias: Parameter?
  ) {
    let hoisted = factors.filter { forward.isHoisted($0, from: index) }
    let rest = factors.filter { !forward.isHoisted($0, from: index) }
    emitMatmuls(
      dy, rest, rows: rows, weight: weight, bias: hoisted.isEmpty ? bias : nil)
    if !hoisted.isEmpty {
      let sums = addGroupSums(of: dy)
      let own = self.rows
      self.rows = .noiseSteps
      emitMatmuls(sums, hoisted, rows: rows, weight: weight, bias: bias)
      self.rows = own
    }
    written.insert(weight.offset)
    if let bias { written.insert(bias.offset) }
  }

  private mutating func emitMatmuls(
    _ dy: Slot, _ factors: [Operation.Factor], rows: Int, weight: Parameter, bias: Parameter?
  ) {
    let outputs = weight.shape[1]
    for factor in factors {
      let start = weight.offset + factor.weightRow * outputs
      if let dx = target(factor.node) {
        add(
          .matmulBackward(
            dx.slot, outputGradient: dy, weight: start, rows: rows, inner: factor.width,
            outer: outputs, accumulates: dx.accumulates))
      }
      if weight.isConstant { continue }
      let input = value(factor.node)
      addTasks(for: weight, columns: outputs) { column, columns, accumulates in
        .weight(
          gradient: start, input: input, outputGradient: dy, column: column,
          columns: columns, rows: rows, inner: factor.width, outer: outputs,
          accumulates: accumulates)
      }
    }
    guard let bias, !bias.isConstant else { return }
    addTasks(for: bias, columns: outputs) { column, columns, accumulates in
      .bias(
        gradient: bias.offset, outputGradient: dy, column: column, columns: columns, rows: rows,
        outer: outputs, accumulates: accumulates)
    }
  }

  /// Cuts a parameter's gradient into tiles of columns and appends a task to each tile's list.
  ///
  /// The second use of a parameter adds to the first, after it.
  mutating func addTasks(
    for parameter: Parameter, columns: Int,
    _ task: (_ column: Int, _ columns: Int, _ accumulates: Bool) -> GradientTask
  ) {
    addTasks(at: parameter.offset, columns: columns, task)
  }

  /// The same by the parameter's offset.
  mutating func addTasks(
    at offset: Int, columns: Int,
    _ task: (_ column: Int, _ columns: Int, _ accumulates: Bool) -> GradientTask
  ) {
    let accumulates = written.contains(offset)
    addTasks(place: offset, columns: columns) { task($0, $1, accumulates) }
  }

  /// The same for any place: equal places share lists.
  private mutating func addTasks(
    place: Int, columns: Int, _ task: (_ column: Int, _ columns: Int) -> GradientTask
  ) {
    var phase = rows == .noiseSteps ? noiseSteps : samples
    for column in stride(from: 0, to: columns, by: Self.tileColumns) {
      let width = min(Self.tileColumns, columns - column)
      // Parameters lie from 0 on, other places below.
      let key = place < 0 ? place - column : place + column
      let list = phase.listOfPlace[key] ?? phase.taskLists.count
      if list == phase.taskLists.count { phase.taskLists.append([]) }
      phase.listOfPlace[key] = list
      phase.taskLists[list].append(task(column, width))
    }
    if rows == .noiseSteps { noiseSteps = phase } else { samples = phase }
  }
}
