/// What a policy makes of recorded windows that it was not trained on.
///
/// Densities are in nats a value: the mean over the chunk's values that change. "Normalised" is
/// about values as networks see them; "action" about those of the recording, where each is a
/// number.
public struct HeldOutReport: Encodable, Sendable {
  /// A mean over windows with its standard error, where windows of one episode are one draw.
  public struct Estimate: Encodable, Sendable, Hashable {
    /// The mean.
    public let mean: Double
    /// Its standard error; nil for a single episode.
    public let standardError: Double?
  }

  /// How well one noise step is denoised.
  public struct NoiseStep: Encodable, Sendable {
    /// t, from 1.
    public let noiseStep: Int
    /// a_t and b_t.
    public let signal, noise: Double
    /// The squared error of what is predicted, as training weighs it.
    public let loss: Double
    /// The squared error of x̂_0, clipped as the sampler clips it.
    public let cleanError: Double
  }

  /// The negative variational bound for one choice of the reverse steps' variances.
  public struct Bound: Encodable, Sendable {
    /// `small`, `large`, `learned`, or `best constant`: the best variance of each noise step by
    /// these windows themselves.
    public let variance: String
    /// Nats a normalised value.
    public let nats: Estimate
    /// Bits a normalised value.
    public let bits: Double
    /// Nats a value of an action; nil where actions hold angles or quaternions.
    public let actionNats: Double?
    /// L_T: how far the last noise is from what sampling starts with.
    public let priorTerm: Double
    /// L_{t−1} for t from 2 to T.
    public let stepTerms: [Double]
    /// L_0.
    public let lastTerm: Double
    /// By how much it exceeds what the demonstrator's own density gives, in nats a value, window
    /// by window.
    public let gap: Estimate?
  }

  /// The negative logarithm of a density of the recorded chunks.
  public struct Likelihood: Encodable, Sendable {
    /// Whether the numbers are upper bounds, and not the density's own.
    public let isBound: Bool
    /// Nats a normalised value, over the windows that have a density.
    public let nats: Estimate
    /// How many windows have none, such as a chunk outside all of a histogram's bins.
    public let windowsWithoutDensity: Int
    /// Bits a normalised value.
    public let bits: Double
    /// Nats a value of an action; nil where actions hold angles or quaternions.
    public let actionNats: Double?
    /// As ``Bound/gap``.
    public let gap: Estimate?
  }

  /// How far the policy's chunks are from the recorded ones: root mean square over values.
  public struct ActionError: Encodable, Sendable {
    /// How many chunks were drawn for each window.
    public let draws: Int
    /// The error of their mean, and of the nearest of them.
    public let mean, best: Estimate
    /// The same in the recording's units, over all values of an action.
    public let meanInActions, bestInActions: Double
  }

  /// The method's name.
  public let method: String
  /// The number of windows and of episodes that they are from.
  public let windows, episodes: Int
  /// How many further windows run past the end of their episode.
  public let windowsCutShort: Int
  /// How many of a chunk's values change.
  public let values: Int
  /// The largest magnitude to which x̂_0 is clipped; nil for no clipping.
  public let clip: Double?
  /// The errors by noise step, t = 1 first; nil for a method that does not denoise.
  public let noiseSteps: [NoiseStep]?
  /// The loss as training computes it: the mean over noise steps as it draws them.
  public let loss: Double?
  /// The bound, for each choice of variances.
  public let bounds: [Bound]?
  /// The density or a bound of it, for a method that has one.
  public let likelihood: Likelihood?
  /// The density of the demonstrator itself, where the environment knows it.
  public let demonstrator: Likelihood?
  /// How far its chunks are from the recorded ones.
  public let actionError: ActionError
}
