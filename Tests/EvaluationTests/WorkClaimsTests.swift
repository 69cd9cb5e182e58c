import DurableFiles
import Foundation
import Synchronization
import Testing

@Suite struct `Claims on work` {
  /// Renews its claims every hundred seconds: to a hasty watcher it is dead.
  private func sleeper(_ folder: String) throws -> WorkClaims {
    try WorkClaims(folder: folder, patience: .seconds(1000))
  }

  private func waiting<Value>(_ body: () throws -> Value?) rethrows -> Value? {
    let limit = ContinuousClock.now + .seconds(20)
    while ContinuousClock.now < limit {
      if let value = try body() { return value }
      Thread.sleep(forTimeInterval: 0.02)
    }
    return nil
  }

  @Test func `one alone has a piece, until it gives it back`() throws {
    try withTemporaryFolder { folder in
      let (first, second) = (try sleeper(folder), try sleeper(folder))
      let claim = try #require(try first.claim("a"))
      #expect(try first.claim("a") == nil && second.claim("a") == nil)
      #expect(try second.claim("b") != nil, "and gives it back at once")
      #expect(second.names == ["a"])
      #expect(second.owner(of: "a")?.hasSuffix(":\(getpid())") == true)
      claim.release()
      #expect(second.owner(of: "a") == nil)
      let again = try #require(try second.claim("a"))
      #expect(!again.isLost && claim.isLost)
      second.end()
      #expect(try first.claim("a") != nil)
      first.end()
      #expect(!FileManager.default.fileExists(atPath: folder), "the last one removes the folder")
    }
  }

  @Test func `of many who reach for a piece at once one gets it`() throws {
    try withTemporaryFolder { folder in
      let claims = try (0..<8).map { _ in try sleeper(folder) }
      for round in 0..<20 {
        let held = Mutex<[WorkClaim]>([])
        DispatchQueue.concurrentPerform(iterations: claims.count) { index in
          if let claim = try? claims[index].claim("\(round)") { held.withLock { $0.append(claim) } }
        }
        #expect(held.withLock { $0.count } == 1)
      }
    }
  }

  @Test func `who shows no sign of life loses his pieces, and hears of it`() throws {
    try withTemporaryFolder { folder in
      let dead = try sleeper(folder)
      let claim = try #require(try dead.claim("a"))
      let watchers = try (0..<2).map { _ in
        try WorkClaims(folder: folder, patience: .milliseconds(400))
      }
      let start = ContinuousClock.now
      let taken = try waiting { try watchers[0].claim("a") ?? watchers[1].claim("a") }
      #expect(ContinuousClock.now - start >= .milliseconds(400))
      #expect(try taken != nil && watchers[0].claim("a") == nil && watchers[1].claim("a") == nil)
      // His late return takes nothing from the new owner.
      claim.release()
      #expect(watchers[0].owner(of: "a") != nil && taken?.isLost == false)
    }
  }

  @Test func `who lives keeps his pieces for as long as he wants`() throws {
    try withTemporaryFolder { folder in
      let living = try WorkClaims(folder: folder, patience: .seconds(2))
      let claim = try #require(try living.claim("a"))
      let watcher = try WorkClaims(folder: folder, patience: .seconds(2))
      #expect(watcher.isAlive("a"))
      for _ in 0..<30 {
        #expect(try watcher.claim("a") == nil)
        Thread.sleep(forTimeInterval: 0.1)
      }
      #expect(!claim.isLost)
    }
  }

  @Test func `a living owner hears that his piece was taken while he stood still`() throws {
    try withTemporaryFolder { folder in
      let owner = try WorkClaims(folder: folder, patience: .milliseconds(300))
      let claim = try #require(try owner.claim("a"))
      // As if he had stood still, and another had taken over.
      try Data("other:1 1 1".utf8).write(to: URL(fileURLWithPath: "\(folder)/a.claim-1"))
      try FileManager.default.removeItem(atPath: "\(folder)/a.claim-0")
      #expect(waiting { claim.isLost ? true : nil } == true)
      #expect(owner.owner(of: "a") == "other:1")
    }
  }
}
