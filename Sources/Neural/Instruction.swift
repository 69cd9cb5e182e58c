/// Where one value of a program lies in the workspace: row i of a batch starts at
/// `offset + i * stride`.
struct Slot {
  var offset: Int
  /// Elements a sample.
  var stride: Int
}

/// Some columns of rows that are `width` long, from `column` on.
struct Strip {
  var slot: Slot
  var column: Int
  var width: Int
}

/// What the sums of a product, or the rows of a copy, start from: at most two of these together.
struct RowStart {
  /// They add to what stands there; nothing else is given.
  var accumulates = false
  /// A parameter, the same for all rows.
  var bias: Int?
  /// The row of the sample's observation.
  var repeated: Slot?
  /// The row of the noise step: that of the whole run, or in training the sample's own.
  var shared: Slot?

  /// Whether they start from zeros.
  var isEmpty: Bool { !accumulates && bias == nil && repeated == nil && shared == nil }
}

/// The matrix of a product.
enum MatmulWeights {
  /// Rows of a parameter, from an offset on.
  case parameters(Int)
  /// Packed for deciding, by its number among those.
  case panels(Int)
}

/// One kernel call of a compiled program.
///
/// It holds numbers alone, so that running a list of them counts no references. Slots are places in
/// the workspace, weights and biases are offsets in the parameter buffer; `rows` counts the rows of
/// one sample.
enum Instruction: BitwiseCopyable {
  case fillRows(Slot, RowStart, columns: Int)
  case matmul(
    Slot, start: RowStart, input: Slot, weights: MatmulWeights, rows: Int, inner: Int, outer: Int)
  case activation(Slot, slope: Slot?, input: Slot, kind: Activation, rows: Int, columns: Int)
  case layerNorm(
    Slot, statistics: Slot?, input: Slot, scale: Int?, shift: Int?, epsilon: Float, rows: Int,
    columns: Int)
  case softmax(Slot, input: Slot, rows: Int, columns: Int)
  case sum(Slot, Slot, Slot, scaleA: Float, scaleB: Float)
  case scale(Slot, Slot, by: Float, accumulates: Bool)
  case multiply(Slot, Slot, Slot, accumulates: Bool)
  case shift(Slot, Slot, by: Int, columns: Int)
  case attention(Slot, weights: Slot, input: Slot, AttentionSizes)
  case sharedAttention(Slot, weights: Slot, queries: Slot, tokens: Slot, AttentionSizes)
  case copyColumns(Strip, from: Strip, columns: Int, rows: Int, accumulates: Bool)
  case contrast(Slot, probabilities: Slot, energy: Slot, group: Int)
  case squaredError(Slot, prediction: Slot, target: Slot, weight: Slot?, columns: Int)
  case loss(Loss, Slot, slope: Slot?, prediction: Slot, target: Slot, selection: Slot?)
  /// `kept` is what the operation notes for its backward pass.
  case spatial(SpatialOperation, Slot, kept: Slot?, input: Slot)
  case modulate(Slot, input: Slot, by: Slot, Modulation)
  case framed(Slot, input: Slot, poses: Slot, FrameSizes)
  case quantise(Slot, input: Slot, codes: Int, QuantiserSizes)
  case mixture(Slot, shares: Slot, answers: Slot, logits: Slot, MixtureSizes)

  case matmulBackward(
    Slot, outputGradient: Slot, weight: Int, rows: Int, inner: Int, outer: Int, accumulates: Bool)
  case layerNormBackward(
    Slot, outputGradient: Slot, input: Slot, statistics: Slot, scale: Int?, rows: Int,
    columns: Int, accumulates: Bool)
  case attentionBackward(
    Slot, outputGradient: Slot, weights: Slot, output: Slot, input: Slot, AttentionSizes,
    accumulates: Bool)
  case softmaxBackward(
    Slot, outputGradient: Slot, output: Slot, rows: Int, columns: Int, accumulates: Bool)
  case contrastBackward(
    Slot, lossGradient: Slot, probabilities: Slot, group: Int, accumulates: Bool)
  case lossBackward(Slot, lossGradient: Slot, slope: Slot, accumulates: Bool)
  case squaredErrorBackward(
    Slot, lossGradient: Slot, prediction: Slot, target: Slot, weight: Slot?, columns: Int,
    accumulates: Bool)
  case spatialBackward(
    SpatialOperation, Slot, outputGradient: Slot, input: Slot, output: Slot, kept: Slot?,
    accumulates: Bool)
  case modulateBackward(
    Slot, outputGradient: Slot, condition: Slot, Modulation, accumulates: Bool)
  case modulateCondition(Slot, outputGradient: Slot, input: Slot, Modulation)
  case framedBackward(Slot, outputGradient: Slot, poses: Slot, FrameSizes, accumulates: Bool)
  case mixtureAnswers(
    Slot, outputGradient: Slot, shares: Slot, MixtureSizes, accumulates: Bool)
  case mixtureLogits(
    Slot, outputGradient: Slot, answers: Slot, output: Slot, shares: Slot, MixtureSizes,
    accumulates: Bool)
}

extension Instruction {
  /// Whether several workers are faster than one, though they meet before and after: a product that
  /// reads more than a few thousand weights.
  var isWorthSharing: Bool {
    if case .matmul(_, _, _, _, _, let inner, let outer) = self {
      inner * outer >= 8192
    } else {
      false
    }
  }
}

/// The part of the parameters' gradient that one task computes after the backward pass: sums over
/// the whole batch for a range of columns, so that no two tasks write one element.
enum GradientTask: BitwiseCopyable {
  /// Some columns of the gradient of a table that has a row for each noise step: sums over the
  /// samples of each step.
  case groupSums(Slot, outputGradient: Slot, column: Int, columns: Int)
  case weight(
    gradient: Int, input: Slot, outputGradient: Slot, column: Int, columns: Int, rows: Int,
    inner: Int, outer: Int, accumulates: Bool)
  case bias(
    gradient: Int, outputGradient: Slot, column: Int, columns: Int, rows: Int, outer: Int,
    accumulates: Bool)
  case layerNorm(
    scale: Int, shift: Int, outputGradient: Slot, input: Slot, statistics: Slot, column: Int,
    columns: Int, rows: Int, width: Int, accumulates: Bool)
  case groupNorm(
    GroupNormSizes, ImageShape, outputGradient: Slot, input: Slot, statistics: Slot,
    accumulates: Bool)
}
