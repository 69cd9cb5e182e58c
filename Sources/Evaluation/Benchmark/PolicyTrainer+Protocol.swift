import Demonstrations
import Diffusion
import Imitation
import Neural

extension PolicyTrainer {
  /// How policies are trained, chosen and sampled.
  public func protocolEntries(
    for cells: [BenchmarkCell]
  ) throws -> [BenchmarkProtocol.Entry] {
    var entries: [BenchmarkProtocol.Entry] = []
    for (name, configuration) in configurations.sorted(by: { $0.key < $1.key }) {
      let policy = configuration.policy
      let own = cells.filter { $0.environment == name && !$0.isDemonstrations }
      entries.append(
        .init(
          "training on \(name)",
          "\(configuration.steps) steps of \(configuration.batch) windows, peak learning rate "
            + "\(configuration.learningRate.peak); \(words(of: policy.backbone, in: own)); "
            + "horizons: \(policy.horizons.observation) observations, "
            + "\(policy.horizons.prediction) actions predicted, \(policy.horizons.action) "
            + "executed; \(policy.schedule.kind.rawValue) schedule of \(policy.schedule.steps) "
            + "noise steps"))
      let samplers = try samplers(of: own, base: policy.sampler)
      if !samplers.isEmpty { entries.append(.init("sampler on \(name)", samplers)) }
    }
    return entries
      + [BenchmarkProtocol.Entry("checkpoint", "the last step's moving-average weights")]
  }

  /// The sampler of each method that samples.
  private func samplers(
    of cells: [BenchmarkCell], base: SamplerSpecification
  ) throws -> String {
    var names: [String] = []
    for cell in cells where !names.contains(cell.method) { names.append(cell.method) }
    let kinds = try names.map { try MethodKind(named: $0) }.filter(\.isDiffusion)
    guard kinds.count > 1 else { return kinds.first.map { words(of: $0.sampler(base)) } ?? "" }
    return kinds.map { "\($0.rawValue): \(words(of: $0.sampler(base)))" }.joined(separator: "; ")
  }

  /// The sizes of the networks that are used, in words.
  private func words(of backbone: BackboneConfiguration, in cells: [BenchmarkCell]) -> String {
    let names = Set(cells.map(\.backbone))
    let transformer = BackboneKind.transformer.rawValue
    var words: [String] = []
    if names != [transformer] {
      words.append("\(backbone.depth) hidden layers of \(backbone.hiddenWidth)")
    }
    if names.contains(transformer) {
      let sizes = backbone.transformer
      words.append(
        "\(sizes.blocks) transformer blocks of width \(sizes.width) with \(sizes.heads) heads of "
          + "\(sizes.headWidth)")
    }
    return words.joined(separator: ", ")
  }

  /// A sampler in words.
  private func words(of sampler: SamplerSpecification) -> String {
    var words = sampler.kind.rawValue.uppercased()
    words += sampler.times.count.map { ", \($0) steps" } ?? ", all noise steps"
    if sampler.kind == .ddim { words += ", eta \(sampler.eta)" }
    if sampler.times.extraSteps > 0 { words += ", \(sampler.times.extraSteps) extra steps" }
    if sampler.guidance != 0 { words += ", guidance \(sampler.guidance)" }
    if sampler.candidates > 1 {
      words += ", the densest of \(sampler.candidates) samples (bandwidth \(sampler.bandwidth))"
    }
    if let clip = sampler.clip { words += ", clean actions clipped to ±\(clip)" }
    return words
  }
}
