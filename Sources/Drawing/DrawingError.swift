import Foundation

/// What can go wrong with a picture.
public enum DrawingError: Error, CustomStringConvertible, Sendable, Hashable {
  /// A size that no picture can have.
  case badSize(width: Int, height: Int)
  /// A file that could not be written.
  case unwritable(path: String, reason: String)
  /// A file that is no picture.
  case unreadable(reason: String)
  /// Cairo gave up, with its own words.
  case cairo(reason: String)
  /// The library for WebP gave up, with its own words.
  case webp(reason: String)

  /// What is wrong and what would be right.
  public var description: String {
    switch self {
    case .badSize(let width, let height):
      return "a picture of \(width)×\(height) pixels cannot be made: "
        + "both sides must lie in 1…\(Canvas.largestSide)"
    case .unwritable(let path, let reason):
      return "cannot write \(path): \(reason)"
    case .unreadable(let reason):
      return "this is not a picture: \(reason)"
    case .cairo(let reason):
      return "drawing failed: \(reason)"
    case .webp(let reason):
      return "the animation cannot be made: \(reason)"
    }
  }

  /// The operating system's words for why a file could not be written.
  package static func reason(of error: any Error) -> String {
    let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? any Error
    guard let cause = underlying.map({ $0 as NSError }), cause.domain == NSPOSIXErrorDomain else {
      return "\(error)"
    }
    return String(cString: strerror(Int32(cause.code)))
  }
}
