import EnvironmentInterface
import PushT
import Testing

@Suite struct `The demonstrator of push-t` {
  @Test func `brings the T to the goal from random and from public starts`() throws {
    var solved = 0
    var words: Set<[String: String]> = []
    for isPublic in [false, true] {
      var options = PushTEnvironment.Options()
      options.publicStarts = isPublic
      let environment = PushTEnvironment(options: options)
      let demonstrator = PushTDemonstrator(environment)
      for seed: UInt64 in 0..<3 {
        environment.reset(seed: seed)
        demonstrator.begin(seed: seed)
        for _ in 0..<PushTEnvironment.episodeLimit {
          let action = demonstrator.action()
          #expect(environment.description.action.firstOutside(action) == nil)
          let result = try environment.step(action)
          guard result.isFinished else { continue }
          solved += result.isSuccess ? 1 : 0
          break
        }
        words.insert(environment.behaviour)
        #expect(environment.behaviour.keys.sorted() == ["first_face", "turned"])
        #expect(demonstrator.choices.keys.sorted() == ["favourite_face", "pace"])
      }
    }
    #expect(solved >= 5)
    #expect(words.count > 1)
  }

  @Test func `does not do the same from one and the same start`() throws {
    let environment = PushTEnvironment()
    let demonstrator = PushTDemonstrator(environment)
    var faces: Set<String> = []
    for seed: UInt64 in 0..<6 {
      environment.reset(seed: 11)
      demonstrator.begin(seed: seed)
      for _ in 0..<60 where environment.behaviour.isEmpty {
        _ = try environment.step(demonstrator.action())
      }
      faces.insert(environment.behaviour["first_face"] ?? "none")
    }
    #expect(faces.count > 1)
  }
}
