import Foundation
import Studio
import Testing

/// Whose turn it is.
@Suite struct FairQueueTests {
  @Test func `who asks for little comes before who asked for much before`() {
    var queue = FairQueue<String>(countLimit: 100, byteLimit: 1 << 20)
    for turn in 0..<5 { #expect(queue.add("a\(turn)", from: 1, bytes: 1000, cost: 10).isEmpty) }
    #expect(queue.add("b0", from: 2, bytes: 100, cost: 10).isEmpty)
    #expect(queue.add("b1", from: 2, bytes: 100, cost: 10).isEmpty)
    // Each client's own come in the order in which they were asked.
    #expect((0..<4).map { _ in queue.take() } == ["b0", "b1", "a0", "a1"])
    // Whoever comes now begins where the others are, and does not make up for time away.
    #expect(queue.add("c0", from: 3, bytes: 2500, cost: 10).isEmpty)
    #expect((0..<4).map { _ in queue.take() } == ["a2", "c0", "a3", "a4"])
    #expect(queue.take() == nil && queue.isEmpty && queue.bytes == 0)
  }

  @Test func `equal clients have turns in turn, however many each has waiting`() {
    var queue = FairQueue<Int>(countLimit: 100, byteLimit: 1 << 20)
    for client in [1, 1, 1, 1, 2, 3, 3] {
      #expect(queue.add(client, from: client, bytes: 10, cost: 10).isEmpty)
    }
    let order = (0..<7).compactMap { _ in queue.take() }
    #expect(order == [1, 2, 3, 1, 3, 1, 1])
  }

  @Test func `where there is no room the greediest is refused, not the newcomer`() {
    var queue = FairQueue<String>(countLimit: 4, byteLimit: 1000)
    for turn in 0..<4 { #expect(queue.add("a\(turn)", from: 1, bytes: 10, cost: 10).isEmpty) }
    #expect(queue.add("a4", from: 1, bytes: 10, cost: 10) == ["a4"])
    #expect(queue.add("b0", from: 2, bytes: 10, cost: 10) == ["a3"])
    #expect(queue.add("c0", from: 3, bytes: 990, cost: 10) == ["c0"])
    #expect((0..<4).map { _ in queue.take() } == ["a0", "b0", "a1", "a2"])
    #expect(queue.add("d", from: 4, bytes: 10, cost: 10, reserved: 4) == ["d"])
  }

  @Test func `what was refused is not charged`() {
    var queue = FairQueue<String>(countLimit: 2, byteLimit: 1000)
    for name in ["a0", "a1"] { #expect(queue.add(name, from: 1, bytes: 10, cost: 10).isEmpty) }
    #expect(queue.add("b0", from: 2, bytes: 10, cost: 10) == ["a1"])
    #expect(queue.take() == "a0")
    // a's account stands at 20, so that its next is done at 40; c's is done at 50.
    #expect(queue.add("a2", from: 1, bytes: 10, cost: 10).isEmpty)
    #expect(queue.take() == "b0")
    #expect(queue.add("c0", from: 3, bytes: 40, cost: 10).isEmpty)
    #expect([queue.take(), queue.take()] == ["a2", "c0"])
  }

  @Test func `accounts of clients that are gone are forgotten`() {
    var queue = FairQueue<Int>(countLimit: 8, byteLimit: 1 << 20)
    for client in 0..<100_000 {
      #expect(queue.add(client, from: client, bytes: 10, cost: 10).isEmpty)
      #expect(queue.take() == client)
    }
    #expect(queue.accountCount <= 4096)
  }

  @Test(arguments: [
    (#"{"id": 7, "observations": {}}"#, "7"), (#"{"a":[{"id":1}],"id" : "x\"y"}"#, #""x\"y""#),
    (#"{"b":"\"id\":3","id":4}"#, "4"), (#"{"id":-1.5e3}"#, "-1.5e3"),
  ])
  func `a document's name is found without reading the rest`(document: String, id: String) {
    #expect(DocumentIdentity.of(Data(document.utf8)) == id)
  }

  @Test(arguments: [
    "", "{", #"{"a":{"id":1}}"#, #"["id",1]"#, #"{"id":[1]}"#, #"{"id":nan}"#, #"{"id""#,
    #"{"id":"#, #"{"id":"x"#, #"{"x":"id"}"#, #"{"a":"\"#,
  ])
  func `a document without a name has none`(document: String) {
    #expect(DocumentIdentity.of(Data(document.utf8)) == nil)
  }

  @Test func `a name of any length is none`() {
    let document = #"{"id":""# + String(repeating: "x", count: 5000) + #""}"#
    #expect(DocumentIdentity.of(Data(document.utf8)) == nil)
  }
}
