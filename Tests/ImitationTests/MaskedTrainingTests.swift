import Demonstrations
import Foundation
import Imitation
import TestSupport
import Testing

/// Training on the episodes that a mask names.
@Suite struct MaskedTrainingTests {
  @Test func `a mask's episodes train as the same episodes do that are named one by one`() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("toy.hdf5")
    try ToyDemonstrations.write(to: path, episodes: 6)
    try DemonstrationMasks.write(["good": ["demo_0", "demo_2", "demo_5"]], to: path)
    let store = try DemonstrationStore(reading: path)
    var configuration = TrainingConfiguration(
      policy: PolicyConfiguration(backbone: MLP(hiddenWidth: 16, depth: 1)),
      steps: 12, batch: 8)
    let named = try Trainer(configuration, demonstrations: store, episodes: [0, 2, 5])
    try named.run(output: folder.file("named"))
    configuration.mask = "good"
    let masked = try Trainer(configuration, demonstrations: store)
    try masked.run(output: folder.file("masked"))
    #expect(masked.training.data.episodes == [0, 2, 5])
    for file in ["normalizer.json", "model.safetensors"] {
      let bytes = try ["named", "masked"].map {
        try Data(contentsOf: URL(fileURLWithPath: folder.file("\($0)/\(file)")))
      }
      #expect(bytes[0] == bytes[1], "\(file)")
    }
    // The checkpoint knows its mask, so that a resumed training keeps to it.
    #expect(
      try Checkpoint(contentsOf: folder.file("masked")).configuration.mask == "good")
    configuration.mask = "god"
    #expect(
      message { _ = try Trainer(configuration, demonstrations: store) }
        .contains("there is no mask 'god' (did you mean 'good'?)"))
  }
}
