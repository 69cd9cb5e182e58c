import EnvironmentInterface
import Environments
import Foundation
import Naming
import TestSupport
import Testing

/// Options and state numbers of an environment that nobody simulates.
private struct Room: EnvironmentOptions, Equatable {
  var width = 2.5
  var doors = 1
  var isDark = false
  var place = SIMD2<Float>(0, 0)
  var turns = 0

  static let options: [DeclaredOption<Room>] = [
    .number("width", \.width, from: 1, to: 9, "how wide it is"),
    .whole("doors", \.doors, from: 0, to: 4, "how many doors it has"),
    .flag("dark", \.isDark, "1 for no light"),
  ]

  func checkTogether() throws(EnvironmentError) {
    guard doors > 0 || !isDark else {
      throw .optionOutOfRange(name: "doors", value: 0, low: 1, high: 4)
    }
  }

  static let layout = StateLayout<Room>(
    "state of room",
    [
      .vector(\.place, in: -1...1, "places lie in -1…1"),
      .whole(\.turns, in: -2...2, "turns are -2…2"), .flag(\.isDark, "dark is 0 or 1"),
    ])
}

@Suite struct `What is declared once` {
  @Test func `is listed, read, written and checked as options`() throws {
    #expect(Room.declared.map(\.name) == ["width", "doors", "dark"])
    #expect(Room.declared.map(\.defaultValue) == [2.5, 1, 0])
    #expect(Room.declared.map(\.isWhole) == [false, true, true])
    let room = try Room(["dark": 1, "width": 3])
    #expect(room.width == 3 && room.doors == 1 && room.isDark)
    #expect(room.values == ["width": 3, "doors": 1, "dark": 1])
    #expect(message { _ = try Room(["doors": 1.5]) }.contains("must be a whole number"))
    #expect(
      message { _ = try Room(["dark": 2]) } == "option 'dark' is 2.0, but must lie in 0.0…1.0")
    #expect(message { _ = try Room(["dor": 1]) }.contains("did you mean 'doors'?"))
    #expect(message { _ = try Room(["dark": 1, "doors": 0]) }.hasPrefix("option 'doors' is 0.0"))
    var wide = Room()
    wide.width = 10
    #expect(message { try wide.check() }.hasPrefix("option 'width' is 10.0"))
  }

  @Test func `is written, read and checked as numbers of a state`() throws {
    var room = Room()
    (room.place, room.turns, room.isDark) = (SIMD2(0.25, -1), -2, true)
    let state = Room.layout.state(of: room)
    #expect(state == [0.25, -1, -2, 1])
    var copy = Room()
    try Room.layout.read(state[...], into: &copy)
    #expect(copy == room)
    for (index, value, words) in [
      (1, -1.5, "value 1 is -1.5, but places lie in -1…1"),
      (2, 0.5, "value 2 is 0.5, but turns are -2…2"), (2, 3, "value 2 is 3.0, but turns are -2…2"),
      (3, 0.5, "value 3 is 0.5, but dark is 0 or 1"),
    ] as [(Int, Float, String)] {
      var wrong = state
      wrong[index] = value
      #expect(message { try Room.layout.read(wrong[...], into: &copy) }.contains(words))
    }
    #expect(
      message { try Room.layout.read(state[1...], into: &copy) }
        == "state of room has 3 values, expected 4")
    #expect(
      message { try Room.layout.read([0, 0, .infinity, 0], into: &copy) }
        == "state of room has a NaN or infinite value at index 2")
  }

  @Test func `stands in the registry of all environments`() throws {
    let registry = EnvironmentRegistry.standard
    #expect(registry.entries.map(\.name) == ["claw", "push", "push-t"])
    #expect(
      registry.entries.map(\.options)
        == [
          ClawOptions.declared, PushEnvironment.Options.declared, PushTEnvironment.Options.declared,
        ])
    let push = try registry.make("push")
    #expect(
      message { _ = try ClawEnvironment.entry.makeDemonstrator(push) }
        == "unknown environment for the demonstrator of claw 'push'; known: claw")
  }
}

@Suite struct `A description as JSON` {
  @Test func `has keys with underscores and comes back`() throws {
    let description = PushTEnvironment().description
    let text = String(decoding: try JSONEncoder().encode(description), as: UTF8.self)
    for key in ["control_rate", "episode_limit", "element_type", "is_angle"] {
      #expect(text.contains("\"\(key)\":"))
    }
    #expect(text.firstMatch(of: /"[a-z]+[A-Z][A-Za-z]*":/) == nil)
    let back = try JSONDecoder().decode(EnvironmentDescription.self, from: Data(text.utf8))
    #expect(back == description)
  }

  @Test func `is read as version 0.1 wrote it`() throws {
    let text = """
      {"name": "push", "options": {"spread": 1}, "controlRate": 10, "episodeLimit": 350,
       "subtasks": ["a"], "action": {"name": "action", "shape": [1], "elementType": "float32",
         "components": [{"name": "x", "low": -1, "high": 1, "unit": "field", "isAngle": false}]},
       "observations": [{"name": "turn", "shape": [1], "elementType": "float32",
         "components": [{"name": "t", "low": 0, "high": 6, "unit": "rad", "isAngle": true}]}]}
      """
    let old = try JSONDecoder().decode(EnvironmentDescription.self, from: Data(text.utf8))
    #expect(old.controlRate == 10 && old.episodeLimit == 350)
    #expect(old.action.elementType == .float32 && !old.action.components[0].isAngle)
    #expect(old.observations[0].components[0].isAngle)
    let damaged = text.replacing("\"controlRate\": 10, ", with: "")
    #expect {
      try JSONDecoder().decode(EnvironmentDescription.self, from: Data(damaged.utf8))
    } throws: { error in
      if case DecodingError.keyNotFound(let key, _) = error {
        key.stringValue == "control_rate"
      } else {
        false
      }
    }
  }
}
