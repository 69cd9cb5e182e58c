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
    for name in configurations.keys.sorted() {
      let own = cells.filter { $0.environment == name && !$0.isDemonstrations }
      let used = try firstCells(own).map { try configuration(of: $0) }
      guard let configuration = used.first else { continue }
      let policy = configuration.policy
      entries.append(
        .init(
          "training on \(name)",
          "\(configuration.steps) steps of \(configuration.batch) windows, peak learning rate "
            + "\(configuration.learningRate.peak); \(try backbones(of: own)); "
            + "horizons: \(policy.horizons.observation) observations, "
            + "\(policy.horizons.prediction) actions predicted, \(policy.horizons.action) "
            + "executed" + words(used.map(\.policy.method))
            + (own.contains { !$0.variant.isEmpty } ? "; otherwise where the table says so" : "")))
      entries += special(own)
      let samplers = try samplers(of: own)
      if !samplers.isEmpty { entries.append(.init("sampler on \(name)", samplers)) }
    }
    return entries
      + [BenchmarkProtocol.Entry("checkpoint", "the last step's moving-average weights")]
  }

  /// What is special about the methods that have settings of their own.
  private func special(_ cells: [BenchmarkCell]) -> [BenchmarkProtocol.Entry] {
    firstCells(cells).compactMap { cell in
      methodSettings[cell.method].map { settings in
        BenchmarkProtocol.Entry(
          "only \(cell.method)",
          settings.leaves.map { "\($0.path) \($0.value)" }.joined(separator: ", "))
      }
    }
  }

  /// The sampler of each method that samples; swept settings are not among them.
  private func samplers(of cells: [BenchmarkCell]) throws -> String {
    let samplers = try firstCells(cells).compactMap { cell -> (name: String, words: String)? in
      var plain = cell
      plain.variant = Variant()
      let policy = try configuration(of: plain).policy
      return policy.method.sampling.map { (cell.method, words(of: $0)) }
    }
    guard samplers.count > 1 else { return samplers.first?.words ?? "" }
    return samplers.map { "\($0.name): \($0.words)" }.joined(separator: "; ")
  }

  /// A cell of each method.
  private func firstCells(_ cells: [BenchmarkCell]) -> [BenchmarkCell] {
    cells.reduce(into: []) { first, cell in
      if !first.contains(where: { $0.method == cell.method }) { first.append(cell) }
    }
  }

  /// The sizes of the networks that are used, in words.
  private func backbones(of cells: [BenchmarkCell]) throws -> String {
    let words = try cells.compactMap { try configuration(of: $0).policy.backbone.words }
    return distinct(words).joined(separator: ", ")
  }

  /// What methods say of themselves, each behind a semicolon.
  private func words(_ methods: [any Method]) -> String {
    distinct(methods.compactMap(\.words)).map { "; \($0)" }.joined()
  }

  private func distinct(_ words: [String]) -> [String] {
    words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// A sampler in words.
  private func words(of sampler: SamplerSpecification) -> String {
    var words = sampler.kind.rawValue.uppercased()
    words += sampler.noiseSteps.count.map { ", \($0) steps" } ?? ", all noise steps"
    if sampler.kind == .ddim { words += ", eta \(sampler.eta)" }
    let extra = sampler.noiseSteps.extraSteps
    if extra > 0 { words += ", \(extra) extra steps" }
    if sampler.guidance != 0 { words += ", guidance \(sampler.guidance)" }
    if sampler.candidates > 1 {
      words += ", the densest of \(sampler.candidates) samples (bandwidth \(sampler.bandwidth))"
    }
    if let clip = sampler.clip { words += ", clean actions clipped to ±\(clip)" }
    return words
  }
}
