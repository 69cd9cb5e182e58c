/// Lowers a graph to kernel calls and places every value in a workspace.
///
/// Instructions go to three lists by what they depend on: the noise step alone, the observation
/// alone, and the rest. A linear map of several nodes falls apart into summands of which each goes
/// to its own list. A policy that decides runs the first list once for all noise steps, the second
/// once a decision, the third once a noise step. In training the second list is empty: every sample
/// has its own observation; and the first too, unless samples share noise steps.
struct ForwardCompiler {
  /// How many rows a value has.
  enum RowKind: Int {
    case noiseSteps, observations, samples
  }

  /// When an instruction runs.
  enum Stage: Int, CaseIterable {
    case noiseSteps, observation, step
  }

  /// An instruction and the rows that it runs over.
  struct Scheduled {
    var instruction: Instruction
    var rows: RowKind
  }

  /// A matrix to be packed for deciding: `inner` × `outer`, from an offset of the parameters on.
  struct Packing {
    var parameters: Int
    var inner: Int
    var outer: Int
  }

  let graph: Graph
  let isTraining: Bool
  /// Rows to make room for: noise steps, observations, samples; 0 noise steps for a training whose
  /// samples have noise steps of their own.
  let capacities: [Int]

  var stages: [[Scheduled]] = [[], [], []]
  var workspaceCount = 0
  /// The places of all that depends on observations alone.
  private(set) var observationPlaces: [Range<Int>] = []
  private(set) var packings: [Packing] = []
  /// The place of each value; nil for values that the outputs do not need.
  var slots: [Slot?]
  /// The derivative of an activation or a loss, kept for the backward pass.
  var slopes: [Slot?]
  /// Mean and inverse deviation of each normalised row, or what else an operation keeps for its
  /// backward pass.
  var statistics: [Slot?]
  private(set) var uses: [Int]
  /// Where a reader finds a value that has other rows than its own.
  private var copies: [Reading: Slot] = [:]

  private struct Reading: Hashable {
    var source, reader: Int
  }

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
    // Whoever recorded an input may fill it, even where the output does not depend on it.
    for (index, value) in graph.values.enumerated() {
      if case .input = value.operation { _ = place(index) } else if uses[index] > 0 { emit(index) }
    }
  }

  // MARK: Rates

  private func rates(_ index: Int) -> UInt8 {
    let rates = graph.values[index].rates
    let isShared = capacities[0] > 0 && rates == InputRate.perNoiseStep.rawValue
    return isTraining && !isShared ? InputRate.perSample.rawValue : rates
  }

  func rowKind(_ index: Int) -> RowKind {
    let rates = rates(index)
    if rates & InputRate.perSample.rawValue != 0 { return .samples }
    return rates & InputRate.perObservation.rawValue != 0 ? .observations : .noiseSteps
  }

  private func stage(_ index: Int) -> Stage {
    switch rates(index) {
    case InputRate.perNoiseStep.rawValue: .noiseSteps
    case InputRate.perObservation.rawValue: .observation
    default: .step
    }
  }

  // MARK: Places

  /// Makes room for `count` elements for each row of a kind.
  mutating func allocate(_ count: Int, rows: RowKind) -> Slot {
    let slot = Slot(offset: workspaceCount, stride: count)
    workspaceCount += FloatBuffer.aligned(count * capacities[rows.rawValue])
    if rows == .observations { noteObservation(slot, rows: rows) }
    return slot
  }

  private mutating func noteObservation(_ slot: Slot, rows: RowKind) {
    observationPlaces.append(
      slot.offset..<slot.offset + slot.stride * capacities[rows.rawValue])
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
    copies[Reading(source: source, reader: reader)] = copy
    let isShared = from == .noiseSteps
    if !isShared { noteObservation(copy, rows: to) }
    append(
      .fillRows(
        copy,
        isShared ? RowStart(shared: placed(source)) : RowStart(repeated: placed(source)),
        columns: count),
      to: isShared ? .step : stage(source), rows: to)
    return copy
  }

  /// The place where `reader` found `source`.
  func operandPlace(_ source: Int, of reader: Int) -> Slot {
    copies[Reading(source: source, reader: reader)] ?? placed(source)
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
      break  // Its place was made beforehand.
    case .linear(let factors, let rows, let weight, let bias):
      emitLinear(index, factors, rows: rows, weight: weight, bias: bias)
    case .activation(let x, let kind, let columns):
      emitActivation(index, of: x, kind, columns: columns)
    case .layerNorm(let x, let columns, let scale, let shift, let epsilon):
      if isTraining { statistics[index] = allocate(2 * count / columns, rows: .samples) }
      let y = place(index)
      append(
        .layerNorm(
          y, statistics: statistics[index], input: placed(x), scale: scale?.offset,
          shift: shift?.offset, epsilon: epsilon, rows: count / columns, columns: columns),
        for: index)
    case .softmax(let x, let columns):
      let y = place(index)
      append(
        .softmax(y, input: placed(x), rows: count / columns, columns: columns), for: index)
    case .sum(let a, let b, let scaleA, let scaleB):
      let (a, b) = (operand(a, for: index), operand(b, for: index))
      append(.sum(place(index), a, b, scaleA: scaleA, scaleB: scaleB), for: index)
    case .multiply(let a, let b):
      let (a, b) = (operand(a, for: index), operand(b, for: index))
      append(.multiply(place(index), a, b, accumulates: false), for: index)
    case .scale(let x, let factor):
      append(.scale(place(index), placed(x), by: factor, accumulates: false), for: index)
    case .shift(let x, let parameter):
      append(
        .shift(place(index), placed(x), by: parameter.offset, columns: parameter.count), for: index)
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
      emitSquaredError(index, prediction, target, weight: weight, columns: columns)
    case .loss(let loss, let prediction, let target, let selection):
      emitLoss(index, loss, prediction: prediction, target: target, selection: selection)
    case .spatial(let x, let operation):
      emitSpatial(index, of: x, operation)
    case .quantise(let x, let codes, let sizes):
      append(.quantise(place(index), input: placed(x), codes: codes.offset, sizes), for: index)
    case .modulate, .framed, .mixture, .sharedAttention:
      emitConditioned(index)
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

  private mutating func emitSquaredError(
    _ index: Int, _ prediction: Int, _ target: Int, weight: Int?, columns: Int
  ) {
    let (prediction, target) = (operand(prediction, for: index), operand(target, for: index))
    let weight = weight.map { operand($0, for: index) }
    append(
      .squaredError(
        place(index), prediction: prediction, target: target, weight: weight, columns: columns),
      for: index)
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
        y, slope: slopes[index], input: placed(x), kind: kind,
        rows: graph.values[index].count / columns, columns: columns),
      for: index)
  }

  // MARK: Linear maps

  /// Whether a summand of a linear map is computed apart, less often than the map.
  func isHoisted(_ factor: Operation.Factor, from index: Int) -> Bool {
    rates(factor.node) != rates(index) && stage(factor.node) != .step
  }

  private mutating func emitLinear(
    _ index: Int, _ factors: [Operation.Factor], rows: Int, weight: Parameter, bias: Parameter?
  ) {
    let outputs = weight.shape[1]
    var start = RowStart(bias: bias?.offset)
    for stage in [Stage.noiseSteps, .observation] {
      let part = factors.filter { isHoisted($0, from: index) && self.stage($0.node) == stage }
      guard let first = part.first else { continue }
      let kind = rowKind(first.node)
      let slot = allocate(rows * outputs, rows: kind)
      // The bias goes with the first.
      emitMatmuls(
        slot, part, rows: rows, weight: weight, start: RowStart(bias: start.bias), stage: stage,
        kind: kind)
      start.bias = nil
      if stage == .noiseSteps { start.shared = slot } else { start.repeated = slot }
    }
    let output = place(index)
    let rest = factors.filter { !isHoisted($0, from: index) }
    let isApart = start.shared != nil || start.repeated != nil
    if isApart && (rest.isEmpty || rows > 1) {
      append(.fillRows(output, start, columns: rows * outputs), for: index)
      start = RowStart(accumulates: true)
    }
    emitMatmuls(
      output, rest, rows: rows, weight: weight, start: start, stage: stage(index),
      kind: rowKind(index), reader: index)
  }

  /// output = start + Σ factor · weight rows.
  private mutating func emitMatmuls(
    _ output: Slot, _ factors: [Operation.Factor], rows: Int, weight: Parameter, start: RowStart,
    stage: Stage, kind: RowKind, reader: Int? = nil
  ) {
    let outputs = weight.shape[1]
    var start = start
    for factor in factors {
      let input = reader.map { operand(factor.node, for: $0) } ?? placed(factor.node)
      let offset = weight.offset + factor.weightRow * outputs
      let weights: MatmulWeights =
        stage == .step && !isTraining
        ? packed(offset, inner: factor.width, outer: outputs) : .parameters(offset)
      append(
        .matmul(
          output, start: start, input: input, weights: weights, rows: rows, inner: factor.width,
          outer: outputs),
        to: stage, rows: kind)
      start = RowStart(accumulates: true)
    }
  }

  /// Notes that a matrix is to be packed.
  private mutating func packed(_ parameters: Int, inner: Int, outer: Int) -> MatmulWeights {
    packings.append(Packing(parameters: parameters, inner: inner, outer: outer))
    return .panels(packings.count - 1)
  }
}
