import Demonstrations
import EnvironmentInterface
import Foundation
import Testing

/// What happens to a process of its own: killed while it records, or without room to write.
@Suite struct CrashTests {
  let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(arguments: [0, 3, 7, 12, 18, 25, 33, 42, 52, 63])
  func `A kill loses no episode whose append returned`(milliseconds: Int) async throws {
    let path = folder.file("arm.hdf5")
    let log = folder.file("log")
    try folder.write([], to: "log")
    await #expect(processExitsWith: .signal(SIGKILL)) {
      [path = path as String, log = log as String, milliseconds = milliseconds as Int] in
      try await CrashTests.recordUntilKilled(path, log, after: milliseconds)
    }
    let appended = try folder.bytes("log").count
    guard FileManager.default.fileExists(atPath: path) else {
      #expect(appended == 0)
      return
    }
    let store = try DemonstrationStore(reading: path)
    // One more may have become durable before its append could return.
    #expect((appended...appended + 1).contains(store.count))
    #expect(store.verify().problems == [])
    for index in 0..<store.count {
      #expect(try store.episode(index) == Samples.episode(seed: UInt64(index), steps: 6))
    }
    // The lock of the dead process stops nobody.
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    #expect(recorder.count == store.count)
    try recorder.close()
    #expect(folder.contents() == ["arm.hdf5", "log"])
  }

  /// Records, closes and records again until a thread kills the process; a byte a finished append.
  static func recordUntilKilled(_ path: String, _ log: String, after milliseconds: Int) async throws
  {
    let file = open(log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    Thread.detachNewThread {
      usleep(useconds_t(milliseconds * 1000))
      kill(getpid(), SIGKILL)
    }
    var seed: UInt64 = 0
    while true {
      let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
      for _ in 0..<4 {
        try recorder.append(Samples.episode(seed: seed, steps: 6))
        write(file, "x", 1)
        seed += 1
      }
      try recorder.close()
    }
  }

  @Test func `A full disk is said clearly and loses nothing`() async throws {
    let path = folder.file("arm.hdf5")
    await #expect(processExitsWith: .success) { [path = path as String] in
      try CrashTests.recordWithoutRoom(path)
    }
    let store = try DemonstrationStore(reading: path)
    #expect(store.count == 3)
    #expect(store.verify().problems == [])
    #expect(folder.contents("arm.hdf5.journal") == ["demo_0.hdf5", "demo_1.hdf5", "demo_2.hdf5"])
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    try recorder.close()
    #expect(try DemonstrationStore(reading: path).count == 3)
  }

  /// Records with a limit on the size of files, which fails writes as a full disk does.
  static func recordWithoutRoom(_ path: String) throws {
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    for seed in UInt64(0)..<3 { try recorder.append(Samples.episode(seed: seed, steps: 6)) }
    signal(SIGXFSZ, SIG_IGN)
    var limit = rlimit(rlim_cur: 9_000, rlim_max: rlim_t(Int32.max))
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
    let append = #expect(throws: DemonstrationError.self) {
      try recorder.append(Samples.episode(seed: 3, steps: 400))
    }
    #expect(
      "\(try #require(append))"
        == "\(path): cannot be written: the file would be larger than allowed")
    let close = #expect(throws: DemonstrationError.self) { try recorder.close() }
    #expect(
      "\(try #require(close))"
        == "\(path): cannot be written: the file would be larger than allowed; "
        + "its 3 new episodes are safe in \(path).journal")
  }

  @Test func `A write that fails anywhere is an error, and loses nothing`() async throws {
    let path = folder.file("arm.hdf5")
    await #expect(processExitsWith: .success) { [path = path as String] in
      signal(SIGXFSZ, SIG_IGN)
      // Each limit lets another write be the first to fail, or only a part of it be written.
      for (index, bytes) in stride(from: 16, to: 24_000, by: 307).enumerated() {
        try CrashTests.record(to: "\(path).\(index)", withFilesUpTo: bytes)
      }
    }
  }

  /// Records with a limit on the size of files, then without: nothing that was appended is lost.
  static func record(to path: String, withFilesUpTo bytes: Int) throws {
    let episodes = (0..<4).map { Samples.episode(seed: $0, steps: 60) }
    limitFiles(to: bytes)
    var appended = 0
    do {
      let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
      for episode in episodes {
        try recorder.append(episode)
        appended += 1
      }
      try recorder.close()
    } catch let error as DemonstrationError {
      #expect("\(error)".contains("cannot be written: the file would be larger than allowed"))
    }
    limitFiles(to: Int(Int32.max))
    let recorder = try DemonstrationRecorder(path: path, environment: Samples.environment)
    #expect(recorder.count == appended && recorder.setAside.isEmpty)
    for episode in episodes.dropFirst(appended) { try recorder.append(episode) }
    try recorder.close()
    let store = try DemonstrationStore(reading: path)
    #expect(store.verify().problems == [])
    #expect(try (0..<store.count).map { try store.episode($0) } == episodes)
    #expect(!FileManager.default.fileExists(atPath: path + ".journal"))
  }

  private static func limitFiles(to bytes: Int) {
    var limit = rlimit(rlim_cur: rlim_t(bytes), rlim_max: rlim_t(Int32.max))
    setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
  }
}
