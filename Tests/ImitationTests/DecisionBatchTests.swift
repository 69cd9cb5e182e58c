import EnvironmentInterface
import Foundation
import Imitation
import Testing

/// Several decisions in one document, beside the same ones alone.
@Suite struct DecisionBatchTests {
  private let policy: Policy

  init() throws {
    let folder = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/format2/diffusion")
    policy = try Policy(contentsOf: folder?.path ?? "")
  }

  /// A recorded window, with a seed of its own or none.
  private func window(_ line: Int, seed: UInt64?) throws -> String {
    let path = Bundle.module.resourceURL?.appendingPathComponent("Fixtures/format2/windows.jsonl")
    let lines = try Data(contentsOf: #require(path)).split(separator: UInt8(ascii: "\n"))
    var fields = try #require(
      JSONSerialization.jsonObject(with: lines[line]) as? [String: Any])
    fields["id"] = nil
    fields["seed"] = seed
    return String(decoding: try JSONSerialization.data(withJSONObject: fields), as: UTF8.self)
  }

  private func answer(_ service: DecisionService, _ line: String) -> String {
    String(decoding: service.answer(Data(line.utf8)), as: UTF8.self)
  }

  @Test func `a document of windows is answered as each alone, also without seeds`() throws {
    let windows = try [
      window(0, seed: 7), window(1, seed: .max), window(0, seed: nil), window(0, seed: 8),
      window(0, seed: nil),
    ]
    let alone = DecisionService(policy)
    let expected = windows.map { answer(alone, $0) }
    #expect(Set(expected).count == 5)
    let path = policy.checkpoint
    for service in [
      DecisionService(policy),
      DecisionService(policy, batching: { try Policy(path, capacity: 3) }),
    ] {
      let document = "{\"id\":\"x\",\"windows\":[\(windows.joined(separator: ","))]}"
      #expect(
        answer(service, document)
          == "{\"answers\":[\(expected.joined(separator: ","))],\"id\":\"x\"}")
    }
  }

  @Test func `what is wrong with one window stands in its place`() throws {
    let good = try window(0, seed: 7)
    let service = DecisionService(policy)
    let document = #"{"windows":[{"id":4,"observations":{}},"# + good + #",{"windows":[]}]}"#
    let answers = try #require(
      JSONSerialization.jsonObject(with: service.answer(Data(document.utf8))) as? [String: Any])
    let list = try #require(answers["answers"] as? [[String: Any]])
    #expect((list[0]["error"] as? String)?.contains("is missing") == true)
    #expect(list[0]["id"] as? Int == 4)
    #expect(list[1]["actions"] != nil)
    #expect((list[2]["error"] as? String)?.contains("'windows' is not") == true)
  }

  @Test(arguments: [
    (#"{"id":1,"windows":[]}"#, "must be a list of 1…1024 objects"),
    (#"{"id":1,"windows":{"a":1}}"#, "must be a list"),
    (#"{"id":1,"windows":[7]}"#, "must be a list"),
    (#"{"id":1,"windows":[{}],"seed":7}"#, "'seed' belongs into each window"),
  ])
  func `windows that are none are refused with the id`(document: String, words: String) {
    let said = answer(DecisionService(policy), document)
    #expect(said.contains(words) && said.hasSuffix(",\"id\":1}"), "\(said)")
  }
}
