import Foundation

/// What the operating system says about a call that failed.
struct SystemFailure: Error {
  /// The number of the error.
  let code: Int32

  /// The cause of the call that has just failed.
  static var latest: SystemFailure { SystemFailure(code: errno) }

  /// The cause in words.
  var reason: String {
    switch code {
    case ENOSPC, EDQUOT: "the disk is full"
    case EFBIG: "the file would be larger than allowed"
    case EACCES, EPERM: "permission denied"
    case EROFS: "the file system is read-only"
    default: String(cString: strerror(code)).lowercased()
    }
  }

  /// Throws the latest failure where a call's result is negative.
  @discardableResult
  static func check<Result: SignedInteger>(_ result: Result) throws(SystemFailure) -> Result {
    if result < 0 { throw latest }
    return result
  }
}
