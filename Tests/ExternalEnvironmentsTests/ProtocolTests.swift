import EnvironmentInterface
import ExternalEnvironments
import Foundation
import PushT
import Testing

/// The server against bytes written by hand: what Demos/PROTOCOL.md says, and not what the client
/// of this package happens to send.
@Suite struct ProtocolTests {
  /// Sends bytes to a server; what it answers.
  private func answer(to bytes: Data) throws -> (answer: Data, failure: String?) {
    let (input, output) = (Pipe(), Pipe())
    input.fileHandleForWriting.write(bytes)
    try input.fileHandleForWriting.close()
    let server = SimulationServer(
      EnvironmentRegistry([PushTEnvironment.entry]), program: "test 1.0")
    var failure: String?
    do {
      try server.run(
        input: input.fileHandleForReading.fileDescriptor,
        output: output.fileHandleForWriting.fileDescriptor)
    } catch {
      failure = String(describing: error)
    }
    try output.fileHandleForWriting.close()
    return (output.fileHandleForReading.readDataToEndOfFile(), failure)
  }

  private func frame(_ header: String, _ body: [UInt8] = []) -> Data {
    let text = Data(header.utf8)
    return Data([UInt8(text.count & 255), UInt8(text.count >> 8), 0, 0])
      + Data([UInt8(body.count), 0, 0, 0]) + text + Data(body)
  }

  /// Takes the first message off; its header, and its body.
  private func next(_ data: inout Data) throws -> (header: [String: Any], body: Data) {
    let bytes = [UInt8](data)
    let header = bytes[0..<4].reversed().reduce(0) { $0 << 8 | Int($1) }
    let body = bytes[4..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let text = Data(bytes[8..<8 + header])
    data = Data(bytes[(8 + header + body)...])
    let object = try JSONSerialization.jsonObject(with: text) as? [String: Any]
    return (try #require(object), Data(bytes[8 + header..<8 + header + body]))
  }

  @Test func `bytes written by hand make a world, and step it`() throws {
    let action: [UInt8] = [0, 0, 128, 67, 0, 0, 0, 67]  // 256 and 128 as float32.
    let bytes =
      frame(#"{"id": 1, "call": "hello", "version": 1}"#)
      + frame(#"{"id": 2, "call": "make", "environment": "push-t", "count": 2, "later": [1]}"#)
      + frame(#"{"id": 3, "call": "reset", "worlds": [1, 2], "seeds": [5, 18446744073709551615]}"#)
      + frame(
        #"{"id": 4, "call": "step", "worlds": [2], "observations": ["agent_pos"], "states": true, "#
          + #""arrays": [{"name": "action", "type": "float32", "shape": [1, 2]}]}"#, action)
      + frame(#"{"id": 5, "call": "dance"}"#)
      + frame(#"{"id": 6, "call": "step", "worlds": [3]}"#)
      + frame(#"{"id": 7, "call": "observe", "worlds": [1, 1]}"#)
      + frame(#"{"id": 8, "call": "reset", "worlds": [1, 2], "seeds": [5]}"#)
    var (data, failure) = try answer(to: bytes)
    #expect(failure == nil)
    #expect(try next(&data).header["program"] as? String == "test 1.0")
    let made = try next(&data).header
    #expect(made["worlds"] as? [Int] == [1, 2])
    #expect(try next(&data).body.isEmpty)
    let (header, body) = try next(&data)
    // The same by hand in this process.
    let own = try PushTEnvironment.entry.make(PushTEnvironment.Options().values)
    own.reset(seed: .max)
    let result = try own.step([256, 128])
    let expected =
      [result.reward].withUnsafeBytes { Data($0) } + Data([0, 0])
      + (try own.observation("agent_pos").numbers.map { Float($0) } + own.state)
      .withUnsafeBytes { Data($0) }
    #expect(body == expected)
    let names = (header["arrays"] as? [[String: Any]])?.compactMap { $0["name"] as? String }
    #expect(names == ["reward", "success", "finished", "observation/agent_pos", "state"])
    for words in [
      "unknown call 'dance'", "'step' needs an array 'action'", "each once",
      "one seed for each of the 2 worlds, not 1",
    ] {
      let error = try next(&data).header["error"] as? String
      #expect(error?.contains(words) == true, "\(words): \(error ?? "no error")")
    }
    #expect(data.isEmpty)
  }

  @Test(arguments: [
    (Data("GET / HTTP/1.1\r\n\r\n".utf8), "a message of"),
    (Data([4, 0, 0, 0, 0, 0, 0, 0]) + Data("true".utf8), "a header that is none: 'true'"),
    (Data([9, 0, 0, 0, 0, 0, 0, 0]) + Data("{".utf8), "ended within a message"),
    (Data([9, 0]), "ended within a message"),
  ])
  func `what is no message ends a server, with a reason`(bytes: Data, words: String) throws {
    let failure = try answer(to: bytes).failure
    #expect(failure?.contains(words) == true, "\(failure ?? "none")")
  }

  @Test func `arrays that do not fit their message end a server`() throws {
    let heading = #"{"id": 1, "call": "step", "arrays": [{"name": "a", "type": "uint8", "shape": "#
    for shape in ["[3]", "[1]", "[-2]", "[4611686018427387904, 8]"] {
      let failure = try answer(to: frame(heading + shape + "}]}", [1, 2])).failure
      #expect(failure?.contains(shape == "[1]" ? "belong to no array" : "longer than its") == true)
    }
  }
}
