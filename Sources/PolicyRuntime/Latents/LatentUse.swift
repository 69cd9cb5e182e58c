internal import Foundation
internal import Neural

/// Whether latents are used: how far each of their numbers is from its prior.
enum LatentUse {
  /// Mean nats over windows above which a number of a latent counts as used.
  static let active = 0.01

  /// Watches `active_units` and `kl`, in nats a chunk.
  ///
  /// Source: Burda, Grosse & Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, section
  /// 5.2, by the divergence instead of the means' variance.
  static func watch(
    posterior: Node, prior: Node?, chunk: Node, _ inputs: EncoderInputs?,
    _ windows: any TrainingWindows
  ) throws -> TrainingWatch {
    let sample = try WindowSample(windows)
    let width = posterior.count / 2
    let output = prior.map { Node.concatenation([posterior, $0]) } ?? posterior
    return TrainingWatch { weights in
      let pass = CodecPass(output, from: chunk, inputs, weights: weights, capacity: sample.count)
      sample.show(pass.observations, pass.images)
      let rows = pass(sample.chunks)
      var nats = [Double](repeating: 0, count: width)
      for row in 0..<sample.count {
        let start = row * output.count
        for j in 0..<width {
          let q = (Double(rows[start + j]), Double(rows[start + width + j]))
          let p =
            prior == nil
            ? (0, 0) : (Double(rows[start + 2 * width + j]), Double(rows[start + 3 * width + j]))
          nats[j] += divergence(of: q, from: p) / Double(sample.count)
        }
      }
      let used = nats.count { $0 > active }
      return [
        TrainingFigure(
          "active_units", Double(used),
          warning: used > 0
            ? nil
            : "none of the latent's \(width) numbers says anything (posterior collapse): the policy"
              + " acts the mean; a smaller kl_weight or free_nats above 0 help"),
        TrainingFigure("kl", nats.reduce(0, +)),
      ]
    }
  }

  /// The divergence of normal distributions by mean and log variance, in nats.
  private static func divergence(
    of q: (mean: Double, log: Double), from p: (mean: Double, log: Double)
  ) -> Double {
    let difference = q.mean - p.mean
    return (p.log - q.log + exp(q.log - p.log) + difference * difference * exp(-p.log) - 1) / 2
  }
}
