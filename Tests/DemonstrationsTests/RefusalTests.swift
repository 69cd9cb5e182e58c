import Demonstrations
import EnvironmentInterface
import Foundation
import Testing

/// What a recorder refuses, and in which words.
@Suite struct RefusalTests {
  let folder: TemporaryFolder
  let path: String

  init() throws {
    folder = try TemporaryFolder()
    path = folder.file("arm.hdf5")
  }

  /// The message with which recording in `environment` is refused after one in the samples' own.
  private func refusal(_ change: (inout EnvironmentDescription) -> Void) throws -> String {
    try? FileManager.default.removeItem(atPath: path)
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    try recorder.append(Samples.episode(seed: 0, steps: 3))
    try recorder.close()
    let before = try folder.bytes("arm.hdf5")
    var other = Samples.environment
    change(&other)
    let error = #expect(throws: DemonstrationError.self) {
      try DemonstrationRecorder(path: path, environment: other)
    }
    #expect(try folder.bytes("arm.hdf5") == before)
    #expect(folder.contents() == ["arm.hdf5"])
    return "\(try #require(error))"
  }

  private func message(appending change: (inout Episode) -> Void) throws -> String {
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    defer {
      try? recorder.close()
      try? FileManager.default.removeItem(atPath: path)
    }
    try recorder.append(Samples.episode(seed: 0, steps: 3))
    var episode = Samples.episode(seed: 1, steps: 3)
    change(&episode)
    let error = #expect(throws: DemonstrationError.self) { try recorder.append(episode) }
    #expect(recorder.count == 1)
    #expect(folder.contents("arm.hdf5.journal") == ["demo_0.hdf5", "lock"])
    return "\(try #require(error))"
  }

  @Test func `Another environment is named`() throws {
    let text = try refusal { $0.name = "claw" }
    #expect(text.contains("environment was arm and is claw; record into another file"))
  }

  @Test func `Another option is named`() throws {
    let text = try refusal { $0.options["toys"] = 4 }
    #expect(text.contains("option 'toys' was 3.0 and is 4.0"))
  }

  @Test func `Another control rate is named`() throws {
    let text = try refusal { $0.controlRate = 20 }
    #expect(text.contains("control rate was 10.0 and is 20.0"))
  }

  @Test func `Another space is named`() throws {
    let shape = try refusal { $0.action = Space("target", [Space.Component("x", from: 0, to: 1)]) }
    #expect(shape.contains("action space had shape [2] and has [1]"))
    let range = try refusal { $0.observations[0].components[0].high = 2 }
    #expect(
      range.contains(
        "component 0 of the observation 'state' was x in 0.0…1.0 m and is x in 0.0…2.0 m"))
    let list = try refusal { $0.observations.removeLast() }
    #expect(list.contains("observation 'camera' is missing"))
  }

  @Test func `An environment that has gained an observation and an option continues its files`()
    throws
  {
    var environment = Samples.environment
    environment.observations.append(
      Space("more", [Space.Component("m", from: 0, to: 1)]))
    environment.options["later"] = 1
    #expect(throws: Never.self) {
      try DemonstrationRecorder(path: path, environment: environment).close()
    }
  }

  @Test func `Two recorders cannot have one store`() throws {
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    let error = #expect(throws: DemonstrationError.self) {
      try DemonstrationRecorder(path: path, environment: Samples.environment)
    }
    #expect(
      "\(try #require(error))" == "\(path): another process (\(getpid())) is recording into it; "
        + "wait for it to end, or stop it")
    try recorder.append(Samples.episode(seed: 0, steps: 3))
    try recorder.close()
    #expect(try DemonstrationStore(reading: path).count == 1)
  }

  @Test func `Nothing is added after the end`() throws {
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    try recorder.close()
    try recorder.close()
    let error = #expect(throws: DemonstrationError.self) {
      try recorder.append(Samples.episode(seed: 0, steps: 3))
    }
    #expect("\(try #require(error))".contains("the recording is closed"))
  }

  @Test func `A folder that is not there is said`() throws {
    let error = #expect(throws: DemonstrationError.self) {
      try DemonstrationRecorder(
        path: folder.file("no/arm.hdf5"), environment: Samples.environment)
    }
    #expect("\(try #require(error))".hasSuffix("cannot be written: its folder does not exist"))
    #expect(folder.contents().isEmpty)
  }

  @Test func `A file of others is not added to`() throws {
    try folder.write("no demonstrations".utf8, to: "arm.hdf5")
    let error = #expect(throws: DemonstrationError.self) {
      try DemonstrationRecorder(path: path, environment: Samples.environment)
    }
    #expect("\(try #require(error))".contains("is not an HDF5 file"))
    #expect(folder.contents() == ["arm.hdf5"])
    #expect(try folder.bytes("arm.hdf5") == Array("no demonstrations".utf8))
  }

  @Test func `Episodes that do not fit are refused with the culprit`() throws {
    #expect(
      try message {
        $0.actions = Series(shape: [3], elements: .float32(.init(repeating: 0, count: 9)))
      }
        == "\(path), demo_1, dataset 'actions': a step has shape [3], expected [2] "
        + "(environment 'arm')")
    #expect(
      try message { $0.actions.elements = .float32([]) }
        == "\(path), demo_1: the episode has no steps; an episode needs at least one")
    #expect(
      try message { $0.states?.elements = .float32(.init(repeating: 0, count: 22)) }
        == "\(path), demo_1, dataset 'states': has 4 steps, expected 3 (as many as actions)")
    #expect(
      try message { $0.rewards.removeLast() }
        == "\(path), demo_1, dataset 'rewards': has 2 steps, expected 3 (as many as actions)")
    #expect(
      try message { $0.observations["state"]?.elements = .float32([0, 0, 0, 0, .nan, 0, 0, 0, 0]) }
        == "\(path), demo_1, dataset 'obs/state': has a NaN or infinite value at [1, 1]; "
        + "all values must be finite")
    #expect(
      try message { $0.observations["stat"] = $0.observations["state"] }
        == "\(path), demo_1: has no 'stat' (did you mean 'state'?); it has: state, camera")
    #expect(
      try message { $0.observations["camera"] = nil }
        .contains("observations were camera, state and are state"))
    #expect(try message { $0.states = nil }.contains("some episodes have states"))
  }
}
