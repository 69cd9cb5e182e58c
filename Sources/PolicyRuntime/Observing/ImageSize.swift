/// A size that pictures are brought to.
public struct ImageSize: Sendable, Hashable {
  /// Rows of pixels.
  public let height: Int
  /// Pixels of a row.
  public let width: Int

  /// Reads a size as it is configured: height and width, or one number for both.
  ///
  /// - Throws: ``ImitationError/optionOutOfRange(name:value:range:)``.
  public init(_ sides: [Int], of what: String = "the images' size") throws(ImitationError) {
    guard (1...2).contains(sides.count), sides.allSatisfy((1...10_000).contains) else {
      throw .optionOutOfRange(
        name: what, value: "\(sides)", range: "height and width, each 1…10000")
    }
    height = sides[0]
    width = sides[sides.count - 1]
  }

  /// Creates a size.
  package init(height: Int, width: Int) {
    self.height = height
    self.width = width
  }
}

/// Brings pictures to another size: of each pixel the mean of what it covers, or between neighbours
/// in proportion where it covers less than one.
///
/// The triangle filter of Pillow's `BILINEAR`, which widens with what is left out.
package struct Resizing: Sendable {
  /// What one row or column of the new picture is made of.
  private struct Tap: Sendable {
    let first: Int
    let weights: [Float]
  }

  private let channels: Int
  private let oldWidth: Int
  private let rows: [Tap]
  private let columns: [Tap]

  /// The change of one size to another.
  package init(from old: ImageSize, to new: ImageSize, channels: Int) {
    self.channels = channels
    oldWidth = old.width
    rows = Self.taps(old.height, new.height)
    columns = Self.taps(old.width, new.width)
  }

  /// The new picture.
  ///
  /// - Parameter picture: Rows × pixels × channels bytes of the old size.
  /// - Returns: Those of the new size.
  package func callAsFunction(_ picture: UnsafeBufferPointer<UInt8>) -> [UInt8] {
    // Along rows first, of those rows alone that are needed, then across them.
    let width = columns.count * channels
    let height = picture.count / (oldWidth * channels)
    var narrow = [Float](repeating: 0, count: height * width)
    for row in 0..<height {
      for (column, tap) in columns.enumerated() {
        for channel in 0..<channels {
          var sum: Float = 0
          var place = (row * oldWidth + tap.first) * channels + channel
          for weight in tap.weights {
            sum += weight * Float(picture[place])
            place += channels
          }
          narrow[row * width + column * channels + channel] = sum
        }
      }
    }
    var result = [UInt8](repeating: 0, count: rows.count * width)
    for (row, tap) in rows.enumerated() {
      for column in 0..<width {
        var sum: Float = 0
        for (offset, weight) in tap.weights.enumerated() {
          sum += weight * narrow[(tap.first + offset) * width + column]
        }
        result[row * width + column] = UInt8(min(max(sum.rounded(), 0), 255))
      }
    }
    return result
  }

  private static func taps(_ old: Int, _ new: Int) -> [Tap] {
    let scale = Double(old) / Double(new)
    let reach = max(scale, 1)
    return (0..<new).map { index in
      let centre = (Double(index) + 0.5) * scale
      let first = max(0, Int((centre - reach + 0.5).rounded(.down)))
      let end = min(old, Int((centre + reach + 0.5).rounded(.down)))
      let weights = (first..<max(end, first + 1)).map {
        max(0, 1 - abs((Double($0) + 0.5 - centre) / reach))
      }
      let sum = weights.reduce(0, +)
      return Tap(first: first, weights: weights.map { Float($0 / sum) })
    }
  }
}
