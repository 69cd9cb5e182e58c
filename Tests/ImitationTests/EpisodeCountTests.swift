import Demonstrations
import Foundation
import Imitation
import Neural
import TestSupport
import Testing

/// Trainings on some of the episodes.
@Suite struct EpisodeCountTests {
  private let folder: TemporaryFolder
  private let store: DemonstrationStore

  init() throws {
    folder = try TemporaryFolder()
    store = try ToyDemonstrations.store(in: folder, episodes: 20)
  }

  private func configuration(
    _ episodes: Int?, seed: UInt64 = 0, validation: HeldOut? = nil
  ) -> TrainingConfiguration {
    TrainingConfiguration(
      policy: PolicyConfiguration(backbone: MLP(hiddenWidth: 8, depth: 1)), steps: 2, batch: 8,
      seed: seed, episodes: episodes, validation: validation)
  }

  private func chosen(_ configuration: TrainingConfiguration) throws -> [Int] {
    try configuration.windows(of: store).episodes
  }

  @Test func `fewer episodes are among more, each seed has its own, and all are all`() throws {
    let (few, more) = (try chosen(configuration(3)), try chosen(configuration(11)))
    #expect(few.count == 3 && more.count == 11 && Set(few).isSubset(of: more))
    #expect(few == few.sorted() && Set(more).count == 11)
    #expect(try chosen(configuration(11, seed: 1)) != more)
    #expect(try chosen(configuration(20)) == Array(0..<20))
    #expect(try chosen(configuration(nil)) == Array(0..<20))
  }

  @Test func `what is held out stays held out`() throws {
    let half = HeldOut.fraction(0.5)
    let heldOut = try #require(try configuration(nil, validation: half).heldOutEpisodes(of: store))
    let some = configuration(4, validation: half)
    #expect(try some.heldOutEpisodes(of: store) == heldOut)
    #expect(try Set(chosen(some)).isDisjoint(with: heldOut) && chosen(some).count == 4)
    #expect(
      message { _ = try chosen(configuration(11, validation: half)) }
        .contains("the number of episodes to learn from is 11, but must be 1…10"))
  }

  @Test func `a checkpoint says how many, and goes on with the same`() throws {
    let output = folder.file("run")
    var short = configuration(5)
    try Trainer(short, demonstrations: store).run(output: output)
    let checkpoint = try Checkpoint(contentsOf: output)
    #expect(checkpoint.configuration.episodes == 5 && checkpoint.provenance.episodes == 5)
    short.steps = 4
    try Trainer(short, demonstrations: store).run(output: output, resume: true)
    let through = folder.file("through")
    try Trainer(short, demonstrations: store).run(output: through)
    func weights(_ path: String) throws -> Data {
      try Data(contentsOf: URL(fileURLWithPath: "\(path)/model.safetensors"))
    }
    #expect(try weights(output) == weights(through))
    #expect(
      message { _ = try Trainer(configuration(0), demonstrations: store) }
        .contains("episodes is 0, but must be"))
    #expect(
      message { _ = try Trainer(configuration(21), demonstrations: store) }
        .contains("21, but must be 1…20"))
  }
}
