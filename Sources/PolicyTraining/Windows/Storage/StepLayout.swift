import PolicyRuntime

/// Where things stand in the record of one recorded step.
///
/// ```
/// place in the episode   Int32 steps before it, Int32 steps after it
/// features               Do × Float
/// action                 A × Float
/// images                 one after another, padded to a multiple of 4 bytes
/// ```
///
/// All that a window needs of a step stands together, so that a run of windows is one run of bytes
/// in memory and on disk. Until a record is scaled, features that 32 bits do not hold have 64.
struct StepLayout: Sendable, Hashable {
  /// Where the features begin.
  static let featureOffset = 2 * MemoryLayout<Int32>.stride

  /// The number of features (Do).
  let features: Int
  /// The number of values of the action (A).
  let actions: Int
  /// Where each of the images begins.
  let imageOffsets: [Int]
  /// The bytes of all images.
  let imageBytes: Int
  /// The bytes of a record.
  let stride: Int
  /// For each feature, the action's last, whether it has 64 bits until it is scaled.
  let isWide: [Bool]
  /// The bytes of a record that is not scaled yet.
  let rawStride: Int

  /// The layout of steps.
  ///
  /// - Parameters:
  ///   - features: The number of features.
  ///   - actions: The number of an action's features.
  ///   - images: The images.
  ///   - isWide: Which features have 64 bits until they are scaled, the action's last.
  init(features: Int, actions: Int, images: [ImageFormat], isWide: [Bool]) {
    self.features = features
    self.isWide = isWide
    self.actions = actions
    let start = Self.featureOffset + (features + actions) * MemoryLayout<Float>.stride
    var offsets: [Int] = []
    var end = start
    for image in images {
      offsets.append(end)
      end += image.keptCount
    }
    imageOffsets = offsets
    imageBytes = end - start
    stride = (end + 3) / 4 * 4
    rawStride = stride + isWide.count { $0 } * MemoryLayout<Float>.stride
  }

  /// How much later the images of a record begin that is not scaled yet.
  var rawExcess: Int { rawStride - stride }

  /// Where the action begins.
  var actionOffset: Int { Self.featureOffset + features * MemoryLayout<Float>.stride }

  /// The features and the action of a record, Do + A values.
  func values(_ record: UnsafeMutableRawPointer) -> UnsafeMutablePointer<Float> {
    (record + Self.featureOffset).assumingMemoryBound(to: Float.self)
  }
}
