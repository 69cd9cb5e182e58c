import Evaluation
import Foundation
import Testing

/// The plane of latents.
@Suite struct LatentMapTests {
  /// Points in a plane of three dimensions that is known: their coordinates come back.
  @Test func `The plane is that of most variance`() throws {
    // Orthonormal directions, the largest component of each positive, and one across them.
    let u = [2.0, 2, 1].map { $0 / 3 }
    let v = [-2.0, 1, 2].map { $0 / 3 }
    let w = [1.0, -2, 2].map { $0 / 3 }
    let count = 24
    var expected: [(Double, Double)] = []
    var latents: [Float] = []
    for index in 0..<count {
      let angle = 2 * Double.pi * Double(index) / Double(count)
      // On a full turn cosine, sine and the cosine of twice the angle are uncorrelated.
      let (a, b, c) = (3 * cos(angle), 2 * sin(angle), 0.5 * cos(2 * angle))
      expected.append((a, b))
      latents += (0..<3).map { Float(7 + a * u[$0] + b * v[$0] + c * w[$0]) }
    }
    let map = LatentMap(
      latents: latents, width: 3, behaviours: (0..<count).map { $0 % 3 == 0 ? "left" : "right" })
    #expect(abs(map.shares.x - 9 / 13.25) < 1e-6)
    #expect(abs(map.shares.y - 4 / 13.25) < 1e-6)
    for (place, (a, b)) in zip(map.places, expected) {
      #expect(abs(Double(place.x) - a) < 1e-4)
      #expect(abs(abs(Double(place.y)) - abs(b)) < 1e-4)
    }
    #expect(map.place(of: Array(latents[9..<12])) == map.places[3])
    #expect(map.behaviours == ["right", "left"])
    #expect(map.labels.prefix(4) == [1, 0, 0, 1])
  }

  @Test func `Latents of one number or without variance have a plane too`() {
    let line = LatentMap(latents: [1, 2, 4], width: 1, behaviours: ["", "", ""])
    #expect(abs(line.shares.x - 1) < 1e-12 && line.shares.y == 0)
    #expect(line.places.allSatisfy { $0.y == 0 })
    let point = LatentMap(latents: [1, 2, 1, 2], width: 2, behaviours: ["", ""])
    #expect(point.places == [.zero, .zero])
    #expect(point.shares == .zero)
  }

  @Test func `Rare behaviours are told together`() {
    let words = (0..<12).flatMap { Array(repeating: "way \($0)", count: 12 - $0) }
    let map = LatentMap(
      latents: words.indices.map { Float($0) }, width: 1, behaviours: words)
    #expect(map.behaviours.count == LatentMap.mostBehaviours)
    #expect(map.behaviours.first == "way 0" && map.behaviours.last == "others")
    #expect(map.labels.filter { $0 == 7 }.count == 5 + 4 + 3 + 2 + 1)
  }
}
