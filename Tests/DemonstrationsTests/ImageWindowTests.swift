import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import TestSupport
import Testing

/// Images in windows: as bytes in memory, as numbers where they are gathered.
@Suite struct ImageWindowTests {
  private let folder: TemporaryFolder
  private let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("arm.hdf5")
    try record(Samples.environment, (0..<3).map { Samples.episode(seed: $0, steps: 4) }, to: path)
  }

  private func record(
    _ environment: EnvironmentDescription, _ episodes: [Episode], to path: String
  ) throws {
    let recorder = try DemonstrationRecorder(path: path, environment: environment)
    for episode in episodes { try recorder.append(episode) }
    try recorder.close()
  }

  @Test func `windows hold the recorded bytes, scaled to −1…1, beside the features`() throws {
    let store = try DemonstrationStore(reading: path)
    let data = try WindowDataset(
      store, observations: ["camera", "state"],
      horizons: Horizons(observation: 3, prediction: 2, action: 1))
    #expect(data.normalizer.observationNames == ["state", "camera"])
    #expect(data.normalizer.images == [ImageFormat(name: "camera", height: 4, width: 5)])
    #expect(data.stepObservationWidth == 4)
    for window in 0..<data.count {
      let (index, step) = data.origin(of: window)
      guard case .uint8(let bytes)? = try store.episode(index).observations["camera"]?.elements
      else { throw CocoaError(.fileReadCorruptFile) }
      let steps = [step - 2, step - 1, step].map { max($0, 0) }
      let expected = steps.flatMap { bytes[$0 * 60..<($0 + 1) * 60] }
        .map { byte -> Double in Double(byte) / 127.5 - 1 }
      var pixels = [Float](repeating: .nan, count: 180)
      data.gather(window: window, image: 0, into: &pixels)
      expectClose(pixels, expected, absolute: 1e-6, "window \(window)")
      var features = [Float](repeating: .nan, count: data.observationWidth)
      var chunk = [Float](repeating: .nan, count: data.chunkWidth)
      data.gather(window: window, observation: &features, action: &chunk)
      #expect((features + chunk).allSatisfy { $0.isFinite })
    }
  }

  @Test func `a shifted image is the image moved, its edges repeated`() throws {
    let store = try DemonstrationStore(reading: path)
    let data = try WindowDataset(store, observations: ["camera"])
    guard case .uint8(let bytes)? = try store.episode(0).observations["camera"]?.elements else {
      throw CocoaError(.fileReadCorruptFile)
    }
    for shift in [SIMD2(1, -2), SIMD2(-3, 0), SIMD2(0, 9)] {
      var pixels = [Float](repeating: .nan, count: 60)
      data.gather(window: 0, image: 0, shift: shift, into: &pixels)
      for row in 0..<4 {
        for column in 0..<5 {
          let from = min(max(row - shift[0], 0), 3) * 5 + min(max(column - shift[1], 0), 4)
          for channel in 0..<3 {
            let expected = Double(bytes[3 * from + channel]) / 127.5 - 1
            expectClose(pixels[3 * (5 * row + column) + channel], expected, absolute: 1e-6)
          }
        }
      }
    }
  }

  @Test func `images alone are enough, and nobody looks at them unasked`() throws {
    let store = try DemonstrationStore(reading: path)
    let alone = try WindowDataset(store, observations: ["camera"])
    #expect(alone.stepObservationWidth == 0)
    #expect(alone.count == 12)
    #expect(try WindowDataset(store).normalizer.images.isEmpty)
  }

  @Test func `a normaliser keeps its images, and one without them may not mention any`() throws {
    let store = try DemonstrationStore(reading: path)
    let normalizer = try WindowDataset(store, observations: ["state", "camera"]).normalizer
    let data = try JSONEncoder().encode(normalizer)
    #expect(try JSONDecoder().decode(Normalizer.self, from: data) == normalizer)
    var object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    object["images"] = nil
    let older = try JSONDecoder().decode(
      Normalizer.self, from: JSONSerialization.data(withJSONObject: object))
    #expect(older.images.isEmpty)
    #expect(older.observations == normalizer.observations)
  }

  @Test func `an image that is missing, of another size or no bytes is named`() throws {
    let store = try DemonstrationStore(reading: path)
    let normalizer = try WindowDataset(store, observations: ["camera"]).normalizer
    var pixels = [Float](repeating: 0, count: 60)
    func text(_ observation: ObservationFrame) -> String {
      message {
        try pixels.withUnsafeMutableBufferPointer {
          try normalizer.write(image: 0, of: observation, into: $0)
        }
      }
    }
    #expect(text(["camra": .uint8([])]).contains("'camera' is missing (did you mean"))
    #expect(
      text(["camera": .uint8([1, 2])]) == "image 'camera' has 2 values, expected 60")
    #expect(text(["camera": .float32([1])]).contains("must be given as bytes"))
    #expect(text(["camera": .uint8(.init(repeating: 255, count: 60))]) == "no error")
    #expect(pixels == .init(repeating: 1, count: 60))
  }

  @Test func `a file whose images have another size than the policy's is named`() throws {
    let normalizer = try WindowDataset(
      DemonstrationStore(reading: path), observations: ["camera"]
    ).normalizer
    var environment = Samples.environment
    environment.observations[1] = Space(image: "camera", height: 2, width: 3)
    var episode = Samples.episode(seed: 0, steps: 2)
    episode.observations["camera"] = Series(
      shape: [2, 3, 3], elements: .uint8(.init(repeating: 1, count: 36)))
    try record(environment, [episode], to: folder.file("small.hdf5"))
    let text = message {
      _ = try WindowDataset(
        DemonstrationStore(reading: folder.file("small.hdf5")), normalizer: normalizer)
    }
    #expect(text.hasSuffix("other demonstrations: 'camera' is 2×3×3 here and 4×5×3 there"))
  }
}
