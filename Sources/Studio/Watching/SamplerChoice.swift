import Diffusion
import Imitation
import Naming

/// A page's choice of how to sample.
struct SamplerChoice {
  private let kind: SamplerSpecification.Kind
  private let steps: Int?
  private let eta: Double
  private let extraSteps: Int
  private let guidance: Double
  private let candidates: Int
  private let bandwidth: Double

  /// The largest number of extra steps and of candidates that a page may ask for: a decision should
  /// stay something that one can wait for.
  private static let mostExtraSteps = 200
  private static let mostCandidates = 500

  /// Reads a message.
  ///
  /// - Throws: ``StudioFailure/badMessage(reason:)``, or `DiffusionError` for an unknown sampler.
  init(_ message: PageMessage) throws {
    kind = try SamplerSpecification.Kind(named: message.text("kind"))
    steps = try message.whole("steps")
    eta = try message.number("eta")
    extraSteps = try message.whole("extraSteps") ?? 0
    guidance = try message.number("guidance")
    candidates = try message.whole("candidates") ?? 1
    bandwidth = try message.number("bandwidth")
    guard (0...Self.mostExtraSteps).contains(extraSteps) else {
      throw StudioFailure.badMessage(
        reason: "'extraSteps' must be in 0…\(Self.mostExtraSteps)")
    }
    guard (1...Self.mostCandidates).contains(candidates) else {
      throw StudioFailure.badMessage(reason: "'candidates' must be in 1…\(Self.mostCandidates)")
    }
  }

  /// The sampler of a session with this choice.
  ///
  /// - Throws: ``StudioFailure/badMessage(reason:)`` for a policy that does not denoise.
  func applied(to session: WatchingSession) throws -> SamplerSpecification {
    guard var sampler = session.sampler else {
      throw StudioFailure.badMessage(
        reason: "a policy of method '\(session.configuration.method.name)' does not denoise")
    }
    sampler.kind = kind
    sampler.noiseSteps.count = steps
    sampler.noiseSteps.extraSteps = extraSteps
    sampler.eta = eta
    sampler.guidance = guidance
    sampler.candidates = candidates
    sampler.bandwidth = bandwidth
    return sampler
  }
}
