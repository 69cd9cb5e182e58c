internal import CKernels

/// A loss of a predicted distribution: one number a sample, computed along with its derivative.
enum Loss {
  /// Softmax cross entropy of `rows` rows of logits against one class each.
  case crossEntropy(rows: Int, columns: Int)
  /// Negative log likelihood of `columns` numbers under means and bounded log variances.
  case gaussian(columns: Int)
  /// The squared error of the one of `rows` rows that is selected.
  case selectedError(rows: Int, columns: Int)
  /// How far a diagonal normal distribution is from another, or from the standard one.
  case divergence(columns: Int, free: Float, hasOther: Bool)
  /// A reverse step's term of the variational bound, for its variances alone.
  case stepVariance(columns: Int)
}

/// The diagonal normal distribution that a network's outputs stand for: as many means as numbers,
/// then as many raw log variances.
///
/// Log variances are bounded softly to −10…4 (standard deviations from 0.0067 to 7.4): with
/// a = high − softplus(high − r), ln σ² = low + softplus(a − low). So neither can an output that is
/// exact for all data make the likelihood infinite, nor does the gradient ever vanish abruptly.
///
/// Source: Chua et al., "Deep reinforcement learning in a handful of trials using probabilistic
/// dynamics models", NeurIPS 2018, appendix A.1.
public enum DiagonalGaussian {
  /// The bounds of ln σ².
  static let logVariances: (low: Float, high: Float) = (-10, 4)

  /// Writes the standard deviations that belong to raw log variances; allocates nothing.
  ///
  /// - Parameters:
  ///   - deviations: What is written; as many as `raw`.
  ///   - raw: The second half of a network's outputs.
  public static func writeDeviations(
    _ deviations: UnsafeMutableBufferPointer<Float>, from raw: UnsafeBufferPointer<Float>
  ) {
    precondition(deviations.count == raw.count, "buffers of unequal length")
    guard let output = deviations.baseAddress, let input = raw.baseAddress else { return }
    CKernels_bounded_deviation(output, input, logVariances.low, logVariances.high, raw.count)
  }
}

extension Node {
  /// The softmax cross entropy of logits against classes: the mean over rows of
  /// ln Σ e^logit − logit of the class.
  ///
  /// - Parameter classes: For each row of the logits a whole number in 0 ..< ``width``; any shape
  ///   of ``rows`` numbers. One that is out of range makes the loss NaN.
  /// - Returns: A node of shape [1].
  public func crossEntropy(to classes: Node) -> Node {
    precondition(classes.count == rows, "\(classes.count) classes for \(rows) rows of logits")
    return graph.record(
      .loss(
        .crossEntropy(rows: rows, columns: width), prediction: index, target: classes.index,
        selection: nil), shape: [1], from: [self, classes])
  }

  /// The negative log likelihood of numbers under the ``DiagonalGaussian`` that this node's
  /// elements stand for, as a mean over the numbers.
  ///
  /// - Parameter target: Half as many numbers as this node has.
  /// - Returns: A node of shape [1].
  public func gaussianNegativeLogLikelihood(of target: Node) -> Node {
    precondition(count == 2 * target.count, "\(count) outputs for \(target.count) numbers")
    return graph.record(
      .loss(
        .gaussian(columns: target.count), prediction: index, target: target.index, selection: nil),
      shape: [1], from: [self, target])
  }

  /// The mean squared error of one of several predictions: mean over j of (self[row, j] −
  /// target[j])².
  ///
  /// - Parameters:
  ///   - target: As many numbers as the last dimension.
  ///   - row: Which row is meant, a whole number in 0 ..< ``rows``; shape [1]. One that is out of
  ///     range makes the loss NaN.
  /// - Returns: A node of shape [1].
  public func selectedSquaredError(to target: Node, row: Node) -> Node {
    precondition(target.count == width && row.count == 1, "one row has \(width) numbers")
    return graph.record(
      .loss(
        .selectedError(rows: rows, columns: width), prediction: index, target: target.index,
        selection: row.index), shape: [1], from: [self, target, row])
  }
}

extension Node {
  /// What a diffusion's reverse step adds to the variational bound, for the variances that this
  /// node predicts beside its means: w·(mean over j of (ln Σ_j + (p + g·e_j²)/Σ_j)/2 + c) with
  /// ln Σ_j = m + k·r_j and e_j = target_j − prediction_j.
  ///
  /// The first half of the node are predictions, which get no gradient from this; the second are
  /// r.
  ///
  /// Source: Nichol and Dhariwal, "Improved denoising diffusion probabilistic models", 2021,
  /// equations 14 to 16.
  ///
  /// - Parameters:
  ///   - target: What should be predicted; half as many numbers as this node has.
  ///   - factors: w, m, k, p, g and c, of the noise step; shape [6].
  /// - Returns: A node of shape [1].
  public func stepVarianceBound(of target: Node, factors: Node) -> Node {
    precondition(count == 2 * target.count && factors.count == 6, "halves, and six factors")
    return graph.record(
      .loss(
        .stepVariance(columns: target.count), prediction: index, target: target.index,
        selection: factors.index), shape: [1], from: [self, target, factors])
  }
}

extension ForwardCompiler {
  mutating func emitLoss(
    _ index: Int, _ loss: Loss, prediction: Int, target: Int, selection: Int?
  ) {
    let target = operand(target, for: index)
    let selection = selection.map { operand($0, for: index) }
    let prediction = (slot: operand(prediction, for: index), count: graph.values[prediction].count)
    if isTraining { slopes[index] = allocate(prediction.count, rows: .samples) }
    append(
      .loss(
        loss, place(index), slope: slopes[index], prediction: prediction.slot, target: target,
        selection: selection),
      for: index)
  }
}

extension Execution {
  func run(
    _ kind: Loss, _ loss: Slot, slope: Slot?, prediction: Slot, target: Slot, selection: Slot?
  ) {
    switch kind {
    case .crossEntropy(let inner, let columns):
      CKernels_cross_entropy(
        at(loss), at(slope), at(prediction), at(target), rows, inner, columns)
    case .gaussian(let columns):
      let (low, high) = DiagonalGaussian.logVariances
      CKernels_gaussian_likelihood(
        at(loss), at(slope), at(prediction), at(target), low, high, rows, columns)
    case .divergence(let columns, let free, let hasOther):
      CKernels_divergence(
        at(loss), at(slope), at(prediction), free, hasOther ? 1 : 0, rows, columns)
    case .selectedError(let inner, let columns):
      CKernels_selected_error(
        at(loss), at(slope), at(prediction), at(target), at(selection), rows, inner, columns)
    case .stepVariance(let columns):
      CKernels_step_variance(
        at(loss), at(slope), at(prediction), at(target), at(selection), rows, columns)
    }
  }
}
