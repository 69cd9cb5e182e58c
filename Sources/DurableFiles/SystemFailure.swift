import Foundation

/// What the operating system says about a call that failed.
package struct SystemFailure: Error {
  /// The number of the error.
  package let code: Int32
  /// The cause in words, where the system has no number for it.
  private let words: String?

  /// The cause of a number.
  package init(code: Int32) {
    self.code = code
    words = nil
  }

  /// A cause that the system does not know.
  package init(_ words: String) {
    code = 0
    self.words = words
  }

  /// The cause of the call that has just failed.
  package static var latest: SystemFailure { SystemFailure(code: errno) }

  /// The cause in words.
  package var reason: String {
    if let words { return words }
    return switch code {
    case ENOSPC, EDQUOT: "the disk is full"
    case EFBIG: "the file would be larger than allowed"
    case EACCES, EPERM: "permission denied"
    case EROFS: "the file system is read-only"
    default: String(cString: strerror(code)).lowercased()
    }
  }

  /// Throws the latest failure where a call's result is negative.
  @discardableResult
  package static func check<Result: SignedInteger>(_ result: Result) throws(SystemFailure) -> Result
  {
    if result < 0 { throw latest }
    return result
  }
}
