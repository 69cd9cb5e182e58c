import Demonstrations
import Drawing
import EnvironmentInterface
import Evaluation
import Foundation
import Testing

@Suite struct EpisodeAnimationTests {
  private func episodes(_ count: Int) throws -> [Episode] {
    var rollout = Rollout(episodes: count, seed: 1000, keeping: ["state"], keepsStates: true)
    rollout.threads = 1
    return try rollout.run(environment: { WalkEnvironment() }, agent: { WalkAgent() })
  }

  /// The middle column of the walk's red disc, in the scene's units, in the first panel.
  private func position(_ canvas: Canvas) throws -> Double {
    let rgb = canvas.rgb
    var columns: [Int] = []
    for x in 0..<min(canvas.width, 12 + 240) {
      let middle = ((30 + 120) * canvas.width + x) * 3
      if rgb[middle] > 200, rgb[middle + 1] < 100 { columns.append(x) }
    }
    let (first, last) = (try #require(columns.first), try #require(columns.last))
    return (Double(first + last + 1) / 2 - 12) / 120 - 1
  }

  @Test func `every step is a frame, the state after the last action too`() throws {
    let episodes = try episodes(3)
    let film = try EpisodeAnimation(title: "walk", episodes: episodes)
    var frames: [Canvas] = []
    var times: [Int] = []
    try film.draw(in: WalkEnvironment()) { canvas, milliseconds in
      frames.append(canvas)
      times.append(milliseconds)
    }
    let longest = try #require(episodes.map(\.count).max())
    #expect(frames.count == longest + 1)
    #expect(times == Array(repeating: 100, count: longest) + [2000])
    // Two in a row, each 240 wide, with 12 around.
    #expect(frames.allSatisfy { $0.width == 3 * 12 + 2 * 240 })
    let first = episodes[0]
    guard case .float32(let states)? = first.states?.elements,
      case .float32(let actions) = first.actions.elements
    else {
      Issue.record("no states")
      return
    }
    for step in 0..<first.count {
      #expect(abs(try position(frames[step]) - Double(states[2 * step])) < 0.01, "step \(step)")
    }
    let move = max(-0.1, min(0.1, actions[first.count - 1]))
    let end = max(-1, min(1, states[2 * first.count - 2] + move))
    // At the very edge the disc is cut in half.
    if abs(end) < 0.9 {
      #expect(abs(try position(frames[longest]) - Double(end)) < 0.01)
    }
  }

  @Test func `a faster film leaves out steps, but never the last`() throws {
    var film = try EpisodeAnimation(title: "", episodes: try episodes(1))
    film.speed = 7
    var count = 0
    try film.draw(in: WalkEnvironment()) { _, _ in count += 1 }
    #expect(count == (film.episodes[0].count + 6) / 7 + 1)
  }

  @Test func `a film is a file, or a folder of pictures that was empty`() throws {
    try withTemporaryFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true)
      var film = try EpisodeAnimation(title: "walk", episodes: try episodes(2))
      film.showsTrails = true
      try film.write(to: "\(folder)/a.webp", in: WalkEnvironment())
      try film.write(to: "\(folder)/b.webp", in: WalkEnvironment())
      let a = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/a.webp"))
      #expect(a == (try Data(contentsOf: URL(fileURLWithPath: "\(folder)/b.webp"))))
      #expect(a.prefix(4) == Data("RIFF".utf8))
      film.speed = 10
      try film.writeFrames(to: "\(folder)/frames/", in: WalkEnvironment())
      let names = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/frames").sorted()
      let steps = try #require(film.episodes.map(\.count).max())
      #expect(names.count == (steps + 9) / 10 + 1 && names.first == "frame-00000.png")
      let error = #expect(throws: DrawingError.self) {
        try film.writeFrames(to: "\(folder)/frames", in: WalkEnvironment())
      }
      #expect(error?.description.contains("frames: ") == true)
      let left = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(left == ["a.webp", "b.webp", "frames"])
    }
  }

  @Test func `episodes without states are refused in words`() throws {
    var bare = try episodes(1)[0]
    bare.states = nil
    let film = try EpisodeAnimation(title: "t", episodes: [bare])
    var error = #expect(throws: EvaluationError.self) {
      try film.draw(in: WalkEnvironment()) { _, _ in }
    }
    #expect(error?.description == "the episode in walk has no states to show")
    bare.attributes.seed = nil
    error = #expect(throws: EvaluationError.self) {
      try EpisodeAnimation(title: "t", episodes: [bare])
    }
    #expect(error?.description == "episode 0 of the film 't' has no states to show")
    #expect(throws: EvaluationError.self) { try EpisodeAnimation(title: "t", episodes: []) }
  }

  @Test
  func `where a world does not save its states, episodes play again: the same film`()
    throws
  {
    let episodes = try episodes(3)
    let bare = episodes.map { episode in
      var episode = episode
      episode.states = nil
      return episode
    }
    func frames(_ episodes: [Episode], in environment: any Environment) throws -> [[UInt8]] {
      var frames: [[UInt8]] = []
      var film = try EpisodeAnimation(title: "t", episodes: episodes)
      film.speed = 2
      try film.draw(in: environment) { canvas, _ in frames.append(canvas.rgb) }
      return frames
    }
    let again = try frames(bare, in: ForgetfulWalk())
    #expect(try again == frames(episodes, in: WalkEnvironment()))
    #expect(Set(again).count > 5)
  }

  @Test func `a replay's film has the states that come back`() throws {
    let recorded = try episodes(3)
    let film = try Replay.film(of: recorded, in: WalkEnvironment())
    for (a, b) in zip(film, recorded) {
      #expect(a.states == b.states && a.rewards == b.rewards && a.actions == b.actions)
      #expect(a.attributes.success == b.attributes.success)
      #expect(a.attributes.completionSteps == b.attributes.completionSteps)
    }
  }
}
