import EnvironmentInterface
import Foundation

/// Components of an observation that are compared together.
struct ReplayQuantity: Sendable {
  /// The observation.
  let space: Space
  /// The components' indices.
  let components: [Int]
  let isAngle: Bool

  /// The observation and its unit: `block_pose [px]`.
  var name: String {
    let unit = space.components[components[0]].unit
    return unit.isEmpty ? space.name : "\(space.name) [\(unit)]"
  }

  /// An observation's quantities: components of one unit together, angles one by one.
  static func all(of space: Space) -> [ReplayQuantity] {
    var quantities: [ReplayQuantity] = []
    for (index, component) in space.components.enumerated() {
      let place = quantities.firstIndex {
        !$0.isAngle && !component.isAngle
          && space.components[$0.components[0]].unit == component.unit
      }
      if let place {
        quantities[place] = ReplayQuantity(
          space: space, components: quantities[place].components + [index], isAngle: false)
      } else {
        quantities.append(
          ReplayQuantity(space: space, components: [index], isAngle: component.isAngle))
      }
    }
    return quantities
  }

  /// How far two values of the observation are apart.
  func error(_ a: [Float], _ b: [Float]) -> Double {
    let differences = components.map { Double(a[$0]) - Double(b[$0]) }
    if isAngle {
      return abs(differences[0].remainder(dividingBy: 2 * .pi))
    }
    return differences.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
