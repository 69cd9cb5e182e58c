import Demonstrations
import EnvironmentInterface
import Foundation
import Imitation
import Testing

@Suite struct WindowTests {
  let folder: TemporaryFolder
  let path: String
  static let lengths = [1, 5, 2, 17, 3, 9]

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("arm.hdf5")
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for (index, length) in Self.lengths.enumerated() {
      // Every value tells its episode, step and component.
      let states = (0..<length).flatMap { step in
        [Float(index), 0.01 * Float(step), Float(1000 * index + step)]
      }
      let actions = (0..<length).flatMap { step in
        [Float(index) + 0.5, -Float(1000 * index + step)]
      }
      try recorder.append(
        Episode(
          actions: Series(shape: [2], elements: .float32(actions)),
          observations: ["state": Series(shape: [3], elements: .float32(states))],
          rewards: .init(repeating: 0, count: length), dones: .init(repeating: false, count: length)
        ))
    }
    try recorder.close()
  }

  private func gather(
    _ dataset: WindowDataset, _ window: Int
  ) -> (features: [Float], chunk: [Float]) {
    var features = [Float](repeating: .nan, count: dataset.observationWidth)
    var chunk = [Float](repeating: .nan, count: dataset.chunkWidth)
    dataset.gather(window: window, observation: &features, action: &chunk)
    return (features, chunk)
  }

  @Test(arguments: [(1, 1, 1), (2, 16, 8), (3, 5, 5), (7, 2, 1), (17, 17, 3), (4, 13, 13)])
  func `Windows hold what the episodes hold, and never cross their ends`(
    observation: Int, prediction: Int, action: Int
  ) throws {
    let store = try DemonstrationStore(reading: path)
    let dataset = try WindowDataset(
      store,
      horizons: Horizons(observation: observation, prediction: prediction, action: action))
    #expect(dataset.count == Self.lengths.reduce(0, +))
    #expect(dataset.stepObservationWidth == 4)

    // The reference: every step of every episode, row by row, straight from the store.
    var window = 0
    for (index, length) in Self.lengths.enumerated() {
      let episode = try store.episode(index)
      guard case .float32(let states) = episode.observations["state"]?.elements,
        case .float32(let actions) = episode.actions.elements
      else { throw CocoaError(.fileReadCorruptFile) }
      for step in 0..<length {
        let (features, chunk) = gather(dataset, window)
        for row in 0..<observation {
          let at = max(0, step - (observation - 1) + row)
          let expected = try dataset.normalizer.features(
            of: ["state": .float32(Array(states[3 * at..<3 * at + 3]))])
          #expect(
            Array(features[4 * row..<4 * row + 4]) == expected, "window \(window), row \(row)")
        }
        for row in 0..<prediction {
          let at = min(length - 1, step + row)
          let expected = try dataset.normalizer.normalise(
            action: Array(actions[2 * at..<2 * at + 2]))
          #expect(Array(chunk[2 * row..<2 * row + 2]) == expected, "window \(window), row \(row)")
        }
        #expect(dataset.origin(of: window) == (index, step))
        window += 1
      }
    }
    #expect(window == dataset.count)
  }

  @Test func `Every feature spans minus one to one, and angles are cosine and sine`() throws {
    let dataset = try WindowDataset(DemonstrationStore(reading: path))
    var low = [Float](repeating: .infinity, count: 4)
    var high = [Float](repeating: -.infinity, count: 4)
    for window in 0..<dataset.count {
      let (features, chunk) = gather(dataset, window)
      for (index, value) in features.enumerated() {
        low[index] = min(low[index], value)
        high[index] = max(high[index], value)
      }
      let (_, step) = dataset.origin(of: window)
      #expect(abs(features[1] - cos(0.01 * Float(step))) < 1e-7)
      #expect(abs(features[2] - sin(0.01 * Float(step))) < 1e-7)
      #expect(chunk.allSatisfy { (-1...1).contains($0) })
    }
    #expect([low[0], low[3], high[0], high[3]] == [-1, -1, 1, 1])
  }

  @Test func `A subset holds its episodes only, and another half may use its scales`() throws {
    let store = try DemonstrationStore(reading: path)
    let first = try WindowDataset(store, episodes: [4, 1])
    #expect(first.count == 3 + 5)
    #expect(first.origin(of: 0) == (4, 0))
    #expect(first.origin(of: 3) == (1, 0))
    let second = try WindowDataset(store, episodes: [3], normalizer: first.normalizer)
    #expect(second.normalizer == first.normalizer)
    // 3,016 lies beyond what the first half holds, 1,000 to 4,002.
    let last = gather(second, 16).features[3]
    #expect(abs(last - ((3016 - 1000) / 3002 * 2 - 1)) < 1e-6)
  }

  @Test func `Splits share no episode and depend on the seed only`() throws {
    let split = try EpisodeSplit(count: 101, fraction: 0.5, seed: 7)
    #expect((split.first + split.second).sorted() == Array(0..<101))
    #expect(split.first.count == 51)
    #expect(try EpisodeSplit(count: 101, fraction: 0.5, seed: 7) == split)
    #expect(try EpisodeSplit(count: 101, fraction: 0.5, seed: 8) != split)
    #expect(try EpisodeSplit(count: 10, fraction: 0, seed: 1).first.isEmpty)
    #expect(throws: WindowError.invalidFraction(value: 1.5)) {
      try EpisodeSplit(count: 10, fraction: 1.5, seed: 1)
    }
  }

  @Test func `Horizons that make no sense are refused`() throws {
    #expect(
      "\(try #require(#expect(throws: WindowError.self) { try Horizons(observation: 0) }))"
        == "the observation horizon is 0, but must be at least 1")
    #expect(
      "\(try #require(#expect(throws: WindowError.self) { try Horizons(prediction: 4, action: 5) }))"
        == "the action horizon is 5, but must be 1…4 (the prediction horizon)")
    let store = try DemonstrationStore(reading: path)
    let error = #expect(throws: WindowError.self) {
      try WindowDataset(store, horizons: Horizons(prediction: 18, action: 4))
    }
    #expect(
      "\(try #require(error))"
        == "\(path): the prediction horizon of 18 is longer than the longest episode (17 steps)")
    let json = Data(#"{"observation": 1, "prediction": 0, "action": 1}"#.utf8)
    #expect(throws: WindowError.self) { try JSONDecoder().decode(Horizons.self, from: json) }
    let horizons = try Horizons(observation: 2, prediction: 16, action: 8)
    #expect(
      try JSONDecoder().decode(Horizons.self, from: JSONEncoder().encode(horizons)) == horizons)
  }

  @Test func `Angles are marked by name and index`() throws {
    let store = try DemonstrationStore(reading: path)
    let mark = try AngleMark(parsing: "state.2")
    #expect(mark == AngleMark("state", 2))
    let dataset = try WindowDataset(store, angles: [mark, AngleMark("state", 1)])
    #expect(dataset.stepObservationWidth == 5)
    #expect(dataset.normalizer.observations[0].angles == [1, 2])
    for text in ["state", ".2", "state.", "state.x", "state.-1"] {
      #expect(throws: WindowError.malformedAngle(text: text)) { try AngleMark(parsing: text) }
    }
    let name = #expect(throws: WindowError.self) {
      try WindowDataset(store, angles: [AngleMark("stat", 0)])
    }
    #expect(
      "\(try #require(name))"
        == "an angle is marked in 'stat', which is not there (did you mean 'state'?); "
        + "there is: state, actions")
    let index = #expect(throws: WindowError.self) {
      try WindowDataset(store, angles: [AngleMark("state", 3)])
    }
    #expect(
      "\(try #require(index))"
        == "an angle is marked at index 3 of 'state', which has 3 values, numbered from 0")
  }

  @Test func `An image is no list of numbers, and not looked at unasked`() throws {
    let recorder = try DemonstrationRecorder(
      path: folder.file("seen.hdf5"), environment: Samples.environment)
    try recorder.append(Samples.episode(seed: 0, steps: 4))
    try recorder.close()
    let store = try DemonstrationStore(reading: folder.file("seen.hdf5"))
    #expect(try WindowDataset(store).normalizer.observationNames == ["state"])
  }
}
