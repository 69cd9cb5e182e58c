/// What a series of a shape and type is taken for: numbers in order, or a picture.
enum PictureShape {
  /// Tables with both sides at least this long are pictures sooner than numbers.
  private static let least = 16
  private static let channels: Set = [1, 3, 4]

  /// Why something is not looked at unless it is named; nil for numbers.
  static func reasonToLeaveOut(_ shape: [Int], type: String) -> String? {
    if let remedy = remedy(shape, type: type) {
      return "it looks like a picture of another form; \(remedy)"
    }
    if type == "uint8", (2...3).contains(shape.count) {
      return "it is a picture, which is looked at if it is named"
    }
    if shape.count > 2 { return "its steps have \(shape.count) dimensions" }
    if shape.count == 2, shape.allSatisfy({ $0 >= least }) {
      return "its steps are tables of \(shape[0])×\(shape[1]), which looks like a picture of one"
        + " channel; it is looked at, value by value, if it is named"
    }
    return nil
  }

  /// What makes a picture of what looks like one and is stored otherwise; nil for anything else.
  static func remedy(_ shape: [Int], type: String) -> String? {
    guard shape.count == 3 else { return nil }
    let isFirst = channels.contains(shape[0]) && !channels.contains(shape[2])
    let isLast = channels.contains(shape[2])
    if type == "uint8" {
      return isFirst ? "move its channels to the end: numpy.moveaxis(pictures, 1, -1)" : nil
    }
    let sides = isFirst ? shape[1...2] : shape[0...1]
    guard isFirst || isLast, sides.allSatisfy({ $0 >= 8 }) else { return nil }
    let move = isFirst ? "move its channels to the end and " : ""
    return "\(move)store bytes: (pictures * 255).round().astype('uint8') where they range over 0…1"
  }
}
