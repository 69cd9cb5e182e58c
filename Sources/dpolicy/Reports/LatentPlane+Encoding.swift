import Demonstrations
import Evaluation
import Imitation
import Studio

extension LatentPlane {
  /// The plane of what a policy was trained on, by which the studio shows its decisions.
  static let encoded: Source = { checkpoint, path in
    let map = try LatentMap(
      checkpoint, of: DemonstrationStore(reading: path, following: .nowhere))
    return LatentPlane(
      places: map.places, labels: map.labels, behaviours: map.behaviours, shares: map.shares,
      place: { map.place(of: $0) })
  }
}
