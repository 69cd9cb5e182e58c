import Diffusion
public import Naming
import Neural

/// What is kept of an image's last channels.
public enum ImagePooling: String, NamedChoice {
  /// Where each channel is largest: two features a channel.
  case spatialSoftmax = "spatial-softmax"
  /// The mean of each channel over the image: one feature a channel.
  case average

  /// What is chosen, for messages.
  public static var kindOfChoice: String { "pooling" }
}

/// How images are encoded.
public struct ImageConfiguration: Codable, Sendable, Hashable {
  /// The channels of each stage; a stage halves both sides of the image, odd ones rounded up.
  public var channels: [Int]
  /// How many residual blocks follow each stage, a number for each of ``channels``; nil for none.
  ///
  /// A block is two convolutions beside a shortcut, at the size that the stage leaves: it sees
  /// further around each place. What stages alone see is 15 pixels wide after three of them; one
  /// block after the third makes that 47.
  public var blocks: [Int]?
  /// The groups of the normalisation, which divide every number of channels; 0 for none.
  public var groups: Int
  /// What is kept of the last stage.
  ///
  /// Where things are unless said otherwise: a policy acts at places, which a mean forgets.
  public var pooling: ImagePooling
  /// By how many pixels, at most, images are moved each time that they are trained on; 0 for not at
  /// all.
  ///
  /// A network that hardly sees the same image twice cannot learn demonstrations by heart; Chi et
  /// al. crop for this reason. Of 3,000 drops of the claw a diffusion policy without shifts covers
  /// 11 % of the demonstrators' actions, with 1 pixel 58 %, as many as one that sees the state.
  public var shift: Int

  /// Height and width that images are brought to, or one number for both; nil for the recorded
  /// ones.
  public var size: [Int]?
  /// Height and width of the part of an image, in its ``size``, that a network sees, or one number
  /// for both: a random one each time that it is trained on, the middle when it acts; nil for all.
  ///
  /// Crops stand in place of ``shift``. Chi et al. crop 96 × 96 pixels to 84 × 84.
  public var randomCrop: [Int]?

  /// Creates a configuration.
  public init(
    channels: [Int] = [16, 32, 64], blocks: [Int]? = nil, groups: Int = 8,
    pooling: ImagePooling = .spatialSoftmax, shift: Int = 1, size: [Int]? = nil,
    randomCrop: [Int]? = nil
  ) {
    self.blocks = blocks
    self.size = size
    self.randomCrop = randomCrop
    self.shift = shift
    self.channels = channels
    self.groups = groups
    self.pooling = pooling
  }

  /// Checks ranges, and that every stage leaves something of images to look at.
  ///
  /// - Parameter images: The images that are looked at.
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)``.
  public func validate(for images: [ImageFormat] = []) throws(ImitationError) {
    guard (1...8).contains(channels.count) else {
      throw .optionOutOfRange(
        name: "the number of the image encoder's stages", value: "\(channels.count)", range: "1…8")
    }
    let limit = GroupNorm.channelLimit
    for count in channels {
      guard (1...limit).contains(count) else {
        throw .optionOutOfRange(
          name: "a number of image channels", value: "\(count)", range: "1…\(limit)")
      }
      guard groups == 0 || groups > 0 && count.isMultiple(of: groups) else {
        throw .optionOutOfRange(
          name: "the number of image groups", value: "\(groups)",
          range:
            "0 or a divisor of the channels \(channels.map { "\($0)" }.joined(separator: ", "))")
      }
    }
    if let blocks, blocks.count != channels.count || !blocks.allSatisfy((0...8).contains) {
      throw .optionOutOfRange(
        name: "the image encoder's residual blocks", value: "\(blocks)",
        range: "a number in 0…8 for each of its \(channels.count) stages")
    }
    if let size { _ = try ImageSize(size) }
    if let randomCrop { _ = try ImageSize(randomCrop, of: "the random crop") }
    guard (0...64).contains(shift) else {
      throw .optionOutOfRange(name: "the images' shift", value: "\(shift)", range: "0…64 pixels")
    }
    // Each stage halves sides, odd ones rounded up; one position that is left tells no place.
    let least = pooling == .spatialSoftmax ? (1 << channels.count) + 1 : 1
    for image in images where min(image.height, image.width) < least {
      throw .optionOutOfRange(
        name: "the size of '\(image.name)'", value: image.size,
        range: "at least \(least) pixels each way, as each of the \(channels.count) stages of the"
          + " encoder halves it; policy.image.size brings images to another size, and"
          + " policy.image.channels has the stages")
    }
  }
}
