package import PolicyRuntime

/// What a series of a shape and type is taken for: numbers in order, a picture, or neither.
package enum PictureShape: Equatable {
  /// Numbers, which are looked at in order.
  case numbers
  /// A picture, in its usual form if there is none.
  case picture(PictureForm?)
  /// What looks like a picture and is none for certain: what is odd about it, and what helps.
  case unclear(reason: String, remedy: String)

  /// Tables with both sides at least this long are pictures sooner than numbers.
  private static let least = 16
  /// Pictures have sides of at least this many pixels, where nothing else tells them.
  private static let shortest = 8
  private static let channels: Set = [1, 3, 4]

  /// The values of a picture: the smallest and the largest, and whether all are whole numbers.
  package struct Values: Sendable {
    let low, high: Double
    let areWhole: Bool

    package init(low: Double, high: Double, areWhole: Bool) {
      (self.low, self.high, self.areWhole) = (low, high, areWhole)
    }
  }

  /// Judges a series.
  ///
  /// - Parameters:
  ///   - shape: The shape of one step.
  ///   - type: The type of the elements, such as `float32`.
  ///   - values: What is known of its values; nil to judge by shape and type alone.
  package init(_ shape: [Int], type: String, values: Values? = nil) {
    let isByte = type == "uint8"
    switch shape.count {
    case 2 where isByte: self = .picture(nil)
    case 3:
      let isFirst = Self.channels.contains(shape[0]) && !Self.channels.contains(shape[2])
      let sides = isFirst ? shape[1...2] : shape[0...1]
      let isLarge = sides.allSatisfy { $0 >= Self.shortest }
      if isByte {
        self =
          isFirst && !isLarge
          ? .unclear(
            reason: "its channels seem to stand first",
            remedy: "move them to the end: numpy.moveaxis(pictures, 1, -1)")
          : .picture(PictureForm(channelsFirst: isFirst, white: nil))
      } else if isLarge, isFirst || Self.channels.contains(shape[2]) {
        self = Self.ofNumbers(
          channelsFirst: isFirst, channels: isFirst ? shape[0] : shape[2], values)
      } else {
        self = .numbers
      }
    case 4... where isByte || shape.count(where: { $0 >= Self.shortest }) > 1:
      self = .unclear(
        reason: "its steps seem to be several pictures each",
        remedy: "store each as an observation of its own")
    default: self = .numbers
    }
  }

  /// Numbers are colours where they are all in 0…1 and there are several channels, or are all
  /// whole and in 0…255; anything else may be a depth, a mask of classes or a map.
  private static func ofNumbers(
    channelsFirst: Bool, channels: Int, _ values: Values?
  ) -> PictureShape {
    guard let values else { return .picture(PictureForm(channelsFirst: channelsFirst, white: 1)) }
    let isInUnit = values.low >= 0 && values.high <= 1
    if isInUnit, channels > 1 || values.areWhole {
      return .picture(PictureForm(channelsFirst: channelsFirst, white: 1))
    }
    if values.areWhole, values.low >= 0, values.high <= 255 {
      return .picture(PictureForm(channelsFirst: channelsFirst, white: 255))
    }
    let range = "its values range from \(short(values.low)) to \(short(values.high))"
    let bytes =
      isInUnit
      ? "(pictures * 255).round().astype('uint8')"
      : "((pictures - low) / (high - low) * 255).round().astype('uint8')"
    let move = channelsFirst ? "move channels to the end and " : ""
    return .unclear(
      reason: isInUnit ? "one channel of fractions may be depth" : range,
      remedy: "\(move)store bytes: \(bytes)")
  }

  /// Why something is not looked at unless it is named; nil for numbers in order.
  package static func reasonToLeaveOut(
    _ shape: [Int], type: String, values: Values? = nil
  ) -> String? {
    switch PictureShape(shape, type: type, values: values) {
    case .picture(let form):
      let read = form.map { " (\($0.words))" } ?? ""
      // By shape alone it is not certain that numbers are a picture.
      let what = form?.white != nil && values == nil ? "looks like a picture" : "is a picture"
      return "it \(what)\(read), which is used if it is named"
    case .unclear(let reason, let remedy):
      return "it looks like a picture, but \(reason); \(remedy)"
    case .numbers: break
    }
    if shape.count > 2 {
      return "its steps have \(shape.count) dimensions; it is looked at, value by value, if it is"
        + " named"
    }
    if shape.count == 2, shape.allSatisfy({ $0 >= least }) {
      return
        "its steps are tables of \(shape[0])×\(shape[1]), which may be pictures of one channel;"
        + " name it to use it value by value"
    }
    return nil
  }
}
