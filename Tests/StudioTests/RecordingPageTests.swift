import Demonstrations
import EnvironmentInterface
import Foundation
import PushT
import Studio
import TestSupport
import Testing

/// What pages send and are told, without a server.
@Suite struct RecordingPageTests {
  private let folder: StudioTestFolder
  private let page: RecordingPage

  init() throws {
    folder = try StudioTestFolder()
    page = RecordingPage(
      EnvironmentRegistry([PushTEnvironment.entry]), in: try StudioFolder(folder.path),
      author: "test")
  }

  @discardableResult
  private func send(_ text: String, from client: Int = 1) -> Bool {
    page.receive(Data(text.utf8), from: client)
  }

  private func told(_ client: Int = 1) throws -> [String: Any] {
    let document = try #require(page.documents(for: client).first)
    return try #require(JSONSerialization.jsonObject(with: document) as? [String: Any])
  }

  private func session(_ client: Int = 1) throws -> [String: Any] {
    try #require(told(client)["session"] as? [String: Any])
  }

  private func note() throws -> String {
    let note = try #require(told()["note"] as? [String: Any])
    return try #require(note["text"] as? String)
  }

  @Test func `A page opens a file, records and saves`() throws {
    page.connected(1)
    #expect(try told()["session"] == nil)
    #expect(page.period == nil)
    send(#"{"type": "open", "environment": "push-t", "file": "mine"}"#)
    #expect(try session()["file"] as? String == "mine.hdf5")
    send(#"{"type": "start"}"#)
    #expect(try session()["isWaiting"] as? Bool == true)
    #expect(page.period == nil)
    send(#"{"type": "steer", "action": [100, 120]}"#)
    #expect(page.period == .milliseconds(100))
    for _ in 0..<3 { page.tick() }
    #expect(try session()["step"] as? Int == 3)
    send(#"{"type": "save"}"#)
    #expect(try note() == "Saved 3 steps; the file has 1 episode.")
    #expect(try DemonstrationStore(reading: folder.file("mine.hdf5")).count == 1)
    try page.close()
  }

  @Test func `A new file comes to be with its first episode; where it cannot is told`() throws {
    page.connected(1)
    send(#"{"type": "open", "environment": "push-t", "file": "mien"}"#)
    #expect(try note() == "mien.hdf5 is new; it is written when you save the first episode.")
    #expect(try session()["episodes"] as? Int == 0)
    send(#"{"type": "undo"}"#)
    #expect(try note().contains("nothing to take back"))
    send(#"{"type": "open", "environment": "push-t", "file": "mine"}"#)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    for _ in 0..<2 {
      for text in [#"{"type": "start"}"#, #"{"type": "steer", "action": [9, 9]}"#] { send(text) }
      page.tick()
      send(#"{"type": "save"}"#)
    }
    #expect(try note() == "Saved 1 step; the file has 2 episodes.")
    send(#"{"type": "undo"}"#)
    #expect(try note() == "Took back demo_1; 1 episode left.")
    send(#"{"type": "open", "environment": "push-t", "file": "none/mine"}"#)
    #expect(try note().contains("its folder does not exist"))
    try page.close()
    #expect(try DemonstrationStore(reading: folder.file("mine.hdf5")).names == ["demo_0"])
  }

  @Test(arguments: [
    ("nothing", "not a JSON object"), ("[]", "not a JSON object"),
    (#"{"a": 1}"#, "'type' is missing"),
    (#"{"type": "jump"}"#, "no type 'jump'"), (#"{"type": "start"}"#, "no file is open"),
    (#"{"type": "open", "file": "a"}"#, "'environment' of 'open' must be text"),
    (#"{"type": "open", "environment": "push-t", "file": "../a"}"#, "not inside the folder"),
    (#"{"type": "open", "environment": "pushy", "file": "a"}"#, "unknown environment 'pushy'"),
  ])
  func `A bad message is answered in words and changes nothing`(
    _ text: String, _ expected: String
  ) throws {
    page.connected(1)
    #expect(send(text))
    let note = try note()
    #expect(note.contains(expected), "\(note)")
    #expect(try told()["session"] == nil)
  }

  @Test func `The page that came last has control, and the first may take it back`() throws {
    page.connected(1)
    send(#"{"type": "open", "environment": "push-t", "file": "mine"}"#)
    send(#"{"type": "start"}"#)
    send(#"{"type": "steer", "action": [100, 120]}"#)
    page.tick()
    page.connected(2)
    // Who takes over begins with a command of his own.
    #expect(try session()["isWaiting"] as? Bool == true)
    #expect(try told(1)["hasControl"] as? Bool == false)
    #expect(try told(2)["hasControl"] as? Bool == true)
    send(#"{"type": "discard"}"#)
    #expect(try note().contains("another page has control"))
    send(#"{"type": "claim"}"#)
    send(#"{"type": "discard"}"#)
    #expect(try note() == "Discarded.")
    try page.close()
  }

  @Test func `While nobody is connected time stands still`() throws {
    page.connected(1)
    send(#"{"type": "open", "environment": "push-t", "file": "mine"}"#)
    send(#"{"type": "start"}"#)
    send(#"{"type": "steer", "action": [100, 120]}"#)
    page.tick()
    page.disconnected(1)
    #expect(page.period == nil)
    page.tick()
    page.connected(2)
    #expect(try session(2)["step"] as? Int == 1)
    #expect(try session(2)["phase"] as? String == "running")
    try page.close()
  }

  @Test func `The station's clock steps the world at the control rate`() async throws {
    let (registry, path) = (EnvironmentRegistry([PushTEnvironment.entry]), folder.path)
    let station = LiveStation("test") {
      guard let folder = try? StudioFolder(path) else { return NothingPage() }
      return RecordingPage(registry, in: folder, author: "test")
    }
    let (documents, yield) = AsyncStream<Data>.makeStream()
    let client = station.connect { document, _ in yield.yield(document) }
    let start = ContinuousClock.now
    for text in [
      #"{"type": "open", "environment": "push-t", "file": "mine"}"#, #"{"type": "start"}"#,
      #"{"type": "steer", "action": [100, 120]}"#,
    ] {
      station.receive(Data(text.utf8), from: client)
    }
    for await document in documents {
      let object = try JSONSerialization.jsonObject(with: document) as? [String: Any]
      let step = (object?["session"] as? [String: Any])?["step"] as? Int ?? 0
      // A busy machine may be late, never early: step 8 is eight tenths of a second after the
      // start.
      #expect(ContinuousClock.now - start >= .milliseconds(100) * step)
      if step >= 8 { break }
    }
    #expect(ContinuousClock.now - start < .seconds(6))
    station.disconnect(client)
    try station.stop()
    // Nothing was saved, so nothing is there: a name that was mistyped costs nothing.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
  }
}

/// Stands for a page that could not be made.
private final class NothingPage: LivePage {
  var period: Duration? { nil }
  func tick() {}
  func receive(_ message: Data, from client: Int) -> Bool { false }
  func connected(_ client: Int) {}
  func disconnected(_ client: Int) {}
  func documents(for client: Int) -> [Data] { [] }
  func close() {}
}
