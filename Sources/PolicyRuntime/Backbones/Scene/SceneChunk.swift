internal import Neural

/// What a scene's frames can be: they declare their constants behind all that is trained, and
/// record what they see and answer.
protocol SceneViewpoint {
  /// Declares the maps from features to the plane.
  mutating func declareConstants(_ scope: ParameterScope)

  /// Records what is seen and answered.
  func callAsFunction(_ observation: Node, _ noisy: Node?, _ context: Node?) -> SceneBody.Result
}

/// A chunk of actions in frames and back: the first two values of an action are a place.
extension Node {
  /// This noisy chunk, [actions, width], in each frame: places seen from it, other values as they
  /// are; [frames, actions · width].
  func chunk(seenFrom poses: Node) -> Node {
    let places = (width > 2 ? columns(0..<2) : self).seen(from: poses)
      .reshaped([poses.rows, 2 * rows])
    guard width > 2 else { return places }
    return Node.concatenation([places, columns(2..<width).flattened.repeated(poses.rows)])
  }

  /// Sines of places at wavelengths 4, 2, 1 … of half the actions' range.
  func waves(_ count: Int) -> [Node] {
    (0..<count).map { Activation.sine(self * (Float.pi / 2 * Float(1 << $0))) }
  }

  /// A row for each of some frames.
  func repeated(_ frames: Int) -> Node {
    Node.tokens(Array(repeating: reshaped([1, count]), count: frames))
  }

  /// How far answers move with each frame: its place, once for each action, times a share that
  /// depends on the noise step.
  func moved(by share: Linear, _ context: Node, frames: Int) -> Node {
    let factor = share(context)
    return reshaped([frames, count / (2 * frames), 2])
      .modulated(by: Node.concatenation([factor, factor]), scale: 0)
  }

  /// These answers, [frames, actions, width], in the world's directions.
  func turnedBack(by poses: Node, moved: Node?) -> Node {
    var places = width > 2 ? columns(0..<2) : self
    if poses.width == 4 { places = places.turned(by: poses) }
    if let moved { places = places + moved }
    guard width > 2 else { return places }
    return Node.concatenation([places, columns(2..<width)])
  }

  /// These logits, [frames, actions], each frame's with a number added.
  func lowered(by mask: Node) -> Node {
    self + Node.concatenation(Array(repeating: mask.reshaped([rows, 1]), count: width))
  }
}

extension SceneLayout {
  /// What is added to the logits of frames at some places: nothing, or very much less where a place
  /// is not there; empty where all always are.
  func absences(_ group: [Place]) -> [ConstantMap.Output] {
    let least: Float = -40
    guard group.contains(where: { $0.presence != nil }) else { return [] }
    return group.map { place in
      place.presence.map {
        ConstantMap.Output($0.feature, factor: -least * $0.slope, offset: least - least * $0.offset)
      } ?? ConstantMap.Output(nil)
    }
  }
}
