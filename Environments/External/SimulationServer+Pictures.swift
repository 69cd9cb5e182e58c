import Drawing
import EnvironmentInterface
import Foundation

extension SimulationServer {
  /// The scenes of worlds, as shapes.
  func scene(_ answer: inout Reply.Answer, _ message: Call) throws {
    answer.header.scenes = try chosen(message).map(\.environment.scene)
  }

  /// The scenes of worlds, drawn.
  func picture(_ answer: inout Reply.Answer, _ message: Call) throws {
    let side = message.header.side ?? 256
    guard (8...4096).contains(side) else {
      throw EnvironmentError.refused(reason: "'side' is \(side), but must lie in 8…4096")
    }
    let scenes = try chosen(message).map(\.environment.scene)
    let size = (scenes[0].high.x - scenes[0].low.x, scenes[0].high.y - scenes[0].low.y)
    let scale = Double(side) / max(size.0, size.1)
    let width = max(1, Int((size.0 * scale).rounded()))
    let height = max(1, Int((size.1 * scale).rounded()))
    var bytes = Data()
    for scene in scenes { bytes.append(contentsOf: try scene.rgb(width: width, height: height)) }
    answer.arrays.append(
      WireArray("picture", shape: [scenes.count, height, width, 3], bytes: bytes))
  }
}
