/// One recorded operation; nodes are indices of ``Graph/values``, sizes are per sample.
enum Operation {
  /// One summand of a linear map: a node of `rows` × `width` and the first weight row it meets.
  struct Factor {
    var node: Int
    var width: Int
    var weightRow: Int
  }

  case input(name: String, rate: InputRate)
  /// rows × outputs = Σ factor · weight rows + bias.
  case linear([Factor], rows: Int, weight: Parameter, bias: Parameter?)
  case activation(Int, Activation, columns: Int)
  /// Without scale and shift where there is no parameter.
  case layerNorm(Int, columns: Int, scale: Parameter?, shift: Parameter?, epsilon: Float)
  case softmax(Int, columns: Int)
  case sum(Int, Int, scaleA: Float, scaleB: Float)
  case scale(Int, by: Float)
  /// The elementwise product.
  case multiply(Int, Int)
  /// x + parameter, elementwise over each row of as many elements as the parameter has.
  case shift(Int, Parameter)
  /// Some columns of each of `rows` rows.
  case columns(Int, Range<Int>, rows: Int)
  /// Queries, keys and values side by side for each token, to what each token attends to.
  case attention(Int, AttentionSizes)
  /// The same with queries in terms of the tokens, which are keys and values of all heads; merged
  /// from the above for deciding.
  case sharedAttention(queries: Int, tokens: Int, AttentionSizes)
  /// Columns of several nodes side by side, for each of `rows` rows.
  case concatenation([(node: Int, width: Int)], rows: Int)
  /// Energies of samples in groups, to the loss of telling each group's first from the others.
  case contrast(Int, group: Int)
  case squaredError(prediction: Int, target: Int, weight: Int?, columns: Int)
  case loss(Loss, prediction: Int, target: Int, selection: Int?)
  case spatial(Int, SpatialOperation)
  /// Rows scaled and shifted by what a condition says.
  case modulate(Int, by: Int, Modulation)
  /// Points as poses see them, or answers turned back.
  case framed(Int, poses: Int, FrameSizes)
  /// The sum of the nearest codes, whose gradient passes straight through.
  case quantise(Int, Parameter, QuantiserSizes)
  /// Answers of several frames, weighed by the softmax of their logits.
  case mixture(answers: Int, logits: Int, MixtureSizes)

  /// The nodes that it reads, one entry a use.
  var sources: [Int] {
    switch self {
    case .input: []
    case .linear(let factors, _, _, _): factors.map(\.node)
    case .activation(let x, _, _), .layerNorm(let x, _, _, _, _), .softmax(let x, _): [x]
    case .scale(let x, _), .shift(let x, _), .columns(let x, _, _), .attention(let x, _),
      .contrast(let x, _):
      [x]
    case .sum(let a, let b, _, _), .multiply(let a, let b), .sharedAttention(let a, let b, _),
      .modulate(let a, let b, _), .framed(let a, let b, _), .mixture(let a, let b, _):
      [a, b]
    case .concatenation(let parts, _): parts.map(\.node)
    case .spatial(let x, _), .quantise(let x, _, _): [x]
    case .squaredError(let prediction, let target, let weight, _):
      [prediction, target] + (weight.map { [$0] } ?? [])
    case .loss(_, let prediction, let target, let selection):
      [prediction, target] + (selection.map { [$0] } ?? [])
    }
  }

  /// Whether it has parameters of its own.
  var isTrained: Bool {
    switch self {
    case .shift: true
    case .linear(_, _, let weight, _): !weight.isConstant
    case .layerNorm(_, _, let scale, _, _): scale != nil
    case .spatial(_, let operation): operation.isTrained
    default: false
    }
  }
}
