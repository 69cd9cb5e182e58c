/// Lowers a graph to kernel calls and places every value in a workspace.
///
/// For deciding, instructions go to three lists by what they depend on: the noise step alone (run
/// once for all steps), the observation alone (run once a decision), and the rest (run once a
/// noise step). A linear map of several nodes falls apart into summands of which each goes to its
/// own list. For training there is one list, and every value has a row for each sample.
struct ForwardCompiler {
  /// How many rows a value has.
  enum RowKind: Int {
    case times, observations, samples
  }

  /// When an instruction runs.
  enum Stage: Int, CaseIterable {
    case times, observation, step
  }

  /// An instruction and the rows that it runs over.
  struct Scheduled {
    var instruction: Instruction
    var rows: RowKind
  }

  let graph: Graph
  let isTraining: Bool
  /// Rows to make room for: times, observations, samples.
  let capacities: [Int]

  var stages: [[Scheduled]] = [[], [], []]
  var workspaceCount = 0
  /// The place of each value; nil for values that the outputs do not need.
  var slots: [Slot?]
  /// The derivative of an activation or a loss, kept for the backward pass.
  var slopes: [Slot?]
  /// Mean and inverse deviation of each normalised row, or what else an operation keeps for its
  /// backward pass.
  var statistics: [Slot?]
  private(set) var uses: [Int]

  init(graph: Graph, outputs: [Node], isTraining: Bool, capacities: [Int]) {
    self.graph = graph
    self.isTraining = isTraining
    self.capacities = capacities
    slots = Array(repeating: nil, count: graph.values.count)
    slopes = slots
    statistics = slots
    uses = Array(repeating: 0, count: graph.values.count)
    // An output counts as a use, so that nothing overwrites it in place.
    for output in outputs { uses[output.index] += 1 }
    for index in graph.values.indices.reversed() where uses[index] > 0 {
      for source in graph.values[index].operation.sources { uses[source] += 1 }
    }
    for index in graph.values.indices where uses[index] > 0 { emit(index) }
  }

  // MARK: Rates

  private func rates(_ index: Int) -> UInt8 {
    isTraining ? InputRate.perSample.rawValue : graph.values[index].rates
  }

  func rowKind(_ index: Int) -> RowKind {
    let rates = rates(index)
    if rates & InputRate.perSample.rawValue != 0 { return .samples }
    return rates & InputRate.perObservation.rawValue != 0 ? .observations : .times
  }

  private func stage(_ index: Int) -> Stage {
    switch rates(index) {
    case InputRate.perTime.rawValue: .times
    case InputRate.perObservation.rawValue: .observation
    default: .step
    }
  }

  // MARK: Places

  /// Makes room for `count` elements for each row of a kind.
  mutating func allocate(_ count: Int, rows: RowKind) -> Slot {
    defer { workspaceCount += FloatBuffer.aligned(count * capacities[rows.rawValue]) }
    return Slot(offset: workspaceCount, stride: count)
  }

  mutating func place(_ index: Int) -> Slot {
    let slot = allocate(graph.values[index].count, rows: rowKind(index))
    slots[index] = slot
    return slot
  }

  /// The place of a value that the present one reads; sources are placed before their readers.
  func placed(_ index: Int) -> Slot { slots[index] ?? Slot(offset: 0, stride: 0) }

  /// Whether the next reader may overwrite a value: it is the only one, and the value is neither
  /// an input nor needed by its own backward pass.
  private func isOverwritable(_ index: Int, by reader: Int) -> Bool {
    guard uses[index] == 1, rowKind(index) == rowKind(reader), stage(index) == stage(reader) else {
      return false
    }
    switch graph.values[index].operation {
    case .input: return false
    case .softmax: return !isTraining
    default: return true
    }
  }

  /// The place where `reader` finds `source` with a row for each of its own rows.
  mutating func operand(_ source: Int, for reader: Int) -> Slot {
    let from = rowKind(source)
    let to = rowKind(reader)
    if from == to { return placed(source) }
    let count = graph.values[source].count
    let copy = allocate(count, rows: to)
    let isShared = from == .times
    append(
      .fillRows(
        copy, columns: count, rows: 1, bias: nil, repeated: isShared ? nil : placed(source),
        shared: isShared ? placed(source) : nil),
      to: isShared ? .step : stage(source), rows: to)
    return copy
  }

  // MARK: Instructions

  private mutating func append(_ instruction: Instruction, to stage: Stage, rows: RowKind) {
    stages[stage.rawValue].append(Scheduled(instruction: instruction, rows: rows))
  }

  mutating func append(_ instruction: Instruction, for index: Int) {
    append(instruction, to: stage(index), rows: rowKind(index))
  }

  private mutating func emit(_ index: Int) {
    let count = graph.values[index].count
    switch graph.values[index].operation {
    case .input:
      _ = place(index)
    case .linear(let factors, let rows, let weight, let bias):
      emitLinear(index, factors, rows: rows, weight: weight, bias: bias)
    case .activation(let x, let kind, let columns):
      emitActivation(index, of: x, kind, columns: columns)
    case .layerNorm(let x, let columns, let scale, let shift, let epsilon):
      if isTraining { statistics[index] = allocate(2 * count / columns, rows: .samples) }
      let y = place(index)
      append(
        .layerNorm(
          y, statistics: statistics[index], input: placed(x), scale: scale.offset,
          shift: shift.offset, epsilon: epsilon, rows: count / columns, columns: columns),
        for: index)
    case .softmax(let x, let columns):
      let y = place(index)
      append(
        .softmax(y, input: placed(x), rows: count / columns, columns: columns), for: index)
    case .sum(let a, let b, let scaleA, let scaleB):
      let (a, b) = (operand(a, for: index), operand(b, for: index))
      append(.sum(place(index), a, b, scaleA: scaleA, scaleB: scaleB), for: index)
    case .product(let a, let b):
      let (a, b) = (operand(a, for: index), operand(b, for: index))
      append(.multiply(place(index), a, b, accumulates: false), for: index)
    case .scale(let x, let factor):
      append(.scale(place(index), placed(x), by: factor, accumulates: false), for: index)
    case .shift(let x, let parameter):
      append(.shift(place(index), placed(x), by: parameter.offset), for: index)
    case .columns(let x, let range, let rows):
      emitColumns(index, of: x, range, rows: rows)
    case .attention(let x, let sizes):
      let weights = allocate(sizes.weightCount, rows: rowKind(index))
      statistics[index] = weights
      append(.attention(place(index), weights: weights, input: placed(x), sizes), for: index)
    case .concatenation(let parts, let rows):
      emitConcatenation(index, parts, rows: rows)
    case .contrast(let x, let group):
      let probabilities = allocate(1, rows: rowKind(index))
      statistics[index] = probabilities
      append(
        .contrast(
          place(index), probabilities: probabilities, energy: placed(x), group: group), for: index)
    case .squaredError(let prediction, let target, let weight, let columns):
      let (prediction, target) = (operand(prediction, for: index), operand(target, for: index))
      let weight = weight.map { operand($0, for: index) }
      append(
        .squaredError(
          place(index), prediction: prediction, target: target, weight: weight, columns: columns),
        for: index)
    case .loss(let loss, let prediction, let target, let selection):
      emitLoss(index, loss, prediction: prediction, target: target, selection: selection)
    case .spatial(let x, let operation):
      emitSpatial(index, of: x, operation)
    }
  }

  private mutating func emitConcatenation(
    _ index: Int, _ parts: [(node: Int, width: Int)], rows: Int
  ) {
    let sources = parts.map { operand($0.node, for: index) }
    let y = place(index)
    let width = graph.values[index].count / max(rows, 1)
    var column = 0
    for (part, source) in zip(parts, sources) {
      append(
        .copyColumns(
          Strip(slot: y, column: column, width: width),
          from: Strip(slot: source, column: 0, width: part.width), columns: part.width,
          rows: rows, accumulates: false),
        for: index)
      column += part.width
    }
  }

  private mutating func emitColumns(_ index: Int, of x: Int, _ range: Range<Int>, rows: Int) {
    append(
      .copyColumns(
        Strip(slot: place(index), column: 0, width: range.count),
        from: Strip(
          slot: placed(x), column: range.lowerBound, width: graph.values[x].count / rows),
        columns: range.count, rows: rows, accumulates: false),
      for: index)
  }

  /// An activation also adds the bias of the linear map before it, if nothing else reads that.
  private mutating func emitActivation(_ index: Int, of x: Int, _ kind: Activation, columns: Int) {
    let overwrites = isOverwritable(x, by: index)
    if isTraining {
      slopes[index] = overwrites ? placed(x) : allocate(graph.values[index].count, rows: .samples)
    }
    let y: Slot
    if overwrites && !isTraining {
      y = placed(x)
      slots[index] = y
    } else {
      y = place(index)
    }
    append(
      .activation(
        y, slope: slopes[index], input: placed(x),
        bias: leavesBias(x) ? biasOffset(x) : nil, kind: kind,
        rows: graph.values[index].count / columns, columns: columns),
      for: index)
  }

  // MARK: Linear maps

  private func biasOffset(_ index: Int) -> Int? {
    if case .linear(_, _, _, let bias) = graph.values[index].operation { bias?.offset } else { nil }
  }

  /// Whether a linear map leaves its bias to the activation that alone reads it.
  private func leavesBias(_ index: Int) -> Bool {
    guard case .linear(let factors, _, _, _) = graph.values[index].operation,
      uses[index] == 1, Set(factors.map { rates($0.node) }).count == 1
    else { return false }
    return zip(graph.values, uses).contains { value, uses in
      if uses > 0, case .activation(index, _, _) = value.operation { true } else { false }
    }
  }

  private mutating func emitLinear(
    _ index: Int, _ factors: [Operation.Factor], rows: Int, weight: Parameter, bias: Parameter?
  ) {
    let outputs = weight.shape[1]
    let ownRates = rates(index)
    var bias = leavesBias(index) ? nil : bias?.offset
    // Summands that change less often than the sum, each with the bias if it is the first.
    var hoisted: [RowKind: Slot] = [:]
    for rate in [InputRate.perTime.rawValue, InputRate.perObservation.rawValue]
    where rate != ownRates {
      let part = factors.filter { rates($0.node) == rate }
      guard let first = part.first else { continue }
      let slot = allocate(rows * outputs, rows: rowKind(first.node))
      emitProducts(
        slot, part, rows: rows, weight: weight, bias: bias, stage: stage(first.node),
        kind: rowKind(first.node))
      hoisted[rowKind(first.node)] = slot
      bias = nil
    }
    let output = place(index)
    let rest = factors.filter { rates($0.node) == ownRates || isTraining || !isPure($0.node) }
    if hoisted.isEmpty {
      emitProducts(
        output, rest, rows: rows, weight: weight, bias: bias, stage: stage(index),
        kind: rowKind(index))
    } else {
      append(
        .fillRows(
          output, columns: rows * outputs, rows: 1, bias: nil, repeated: hoisted[.observations],
          shared: hoisted[.times]),
        for: index)
      emitProducts(
        output, rest, rows: rows, weight: weight, bias: nil, stage: stage(index),
        kind: rowKind(index), accumulates: true, reader: index)
    }
  }

  /// Whether a value depends on one kind of rate alone.
  private func isPure(_ index: Int) -> Bool { stage(index) != .step }

  /// output = bias + Σ factor · weight rows.
  private mutating func emitProducts(
    _ output: Slot, _ factors: [Operation.Factor], rows: Int, weight: Parameter, bias: Int?,
    stage: Stage, kind: RowKind, accumulates: Bool = false, reader: Int? = nil
  ) {
    let outputs = weight.shape[1]
    var accumulates = accumulates
    if let bias {
      append(
        .fillRows(output, columns: outputs, rows: rows, bias: bias, repeated: nil, shared: nil),
        to: stage, rows: kind)
      accumulates = true
    }
    for factor in factors {
      let input = reader.map { operand(factor.node, for: $0) } ?? placed(factor.node)
      append(
        .product(
          output, input: input, weight: weight.offset + factor.weightRow * outputs, rows: rows,
          inner: factor.width, outer: outputs, accumulates: accumulates),
        to: stage, rows: kind)
      accumulates = true
    }
  }
}
