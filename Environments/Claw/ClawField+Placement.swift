import Physics
import Randomness

extension ClawField {
  /// Draws an episode's first field: a random number of toys of random kinds in random poses, no
  /// two within ``gap`` of each other, so that they rest where they are.
  ///
  /// - Parameters:
  ///   - seed: The episode's seed.
  ///   - count: How many toys there may be, within 1…4.
  ///   - slots: How many there can be.
  /// - Returns: The field.
  static func drawn(seed: UInt64, count: ClosedRange<Int>, slots: Int) -> ClawField {
    var random = RandomStream(seed: seed, purpose: .environment)
    var kinds = ToyKind.allCases
    for index in stride(from: kinds.count - 1, to: 0, by: -1) {
      kinds.swapAt(index, random.integer(below: index + 1))
    }
    let number = count.lowerBound + random.integer(below: count.count)
    let chosen = kinds.prefix(number).sorted { $0.rawValue < $1.rawValue }
    while true {
      if let toys = placed(chosen, random: &random) {
        return ClawField(slotCount: slots, toys: toys)
      }
    }
  }

  /// The least distance between the bounding circles of two toys, and from one to the wall.
  static let gap: Float = 0.04

  /// Places toys one after the other; nil when one found no place in a hundred tries.
  private static func placed(_ kinds: [ToyKind], random: inout RandomStream) -> [Toy]? {
    var toys: [Toy] = []
    for kind in kinds {
      let radius = kind.silhouette.boundingRadius
      let reach = Double(1 - radius - gap)
      var place: Toy?
      for _ in 0..<100 where place == nil {
        let x = Float(random.uniform(from: -reach, to: reach))
        let y = Float(random.uniform(from: -reach, to: reach))
        let angle = Float(random.uniform(from: -.pi, to: .pi))
        let isFree = toys.allSatisfy {
          (SIMD2(x, y) - $0.position).length >= radius + $0.kind.silhouette.boundingRadius + gap
        }
        if isFree {
          place = Toy(kind: kind, position: [x, y], angle: min(max(angle, -.pi), .pi))
        }
      }
      guard let place else { return nil }
      toys.append(place)
    }
    return toys
  }
}
