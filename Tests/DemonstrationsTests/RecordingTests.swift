import Demonstrations
import EnvironmentInterface
import Foundation
import Testing

@Suite struct RecordingTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test func `Episodes come back as they were recorded`() throws {
    let path = folder.file("arm.hdf5")
    let episodes = (0..<12).map { Samples.episode(seed: $0, steps: 1 + Int($0) * 9) }
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for episode in episodes { try recorder.append(episode) }
    #expect(recorder.count == 12)
    try recorder.close()

    let store = try DemonstrationStore(reading: path)
    #expect(store.names == (0..<12).map { "demo_\($0)" })
    #expect(store.environment == Samples.environment)
    #expect(store.journalCount == 0)
    for (index, episode) in episodes.enumerated() {
      #expect(try store.episode(index) == episode, "episode \(index)")
    }
    #expect(folder.contents() == ["arm.hdf5"])
  }
}
