package import Foundation

/// Files that can be read to their end: no folders, pipes and devices.
package enum RegularFile {
  /// Refuses what is not a regular file.
  ///
  /// - Throws: ``SystemFailure`` that says what stands there.
  package static func check(_ path: String) throws(SystemFailure) {
    var status = stat()
    guard stat(path, &status) == 0 else { throw .latest }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return
    case S_IFDIR: throw SystemFailure("it is a folder")
    case S_IFIFO: throw SystemFailure("it is a pipe, and a file is needed")
    case S_IFSOCK: throw SystemFailure("it is a socket, and a file is needed")
    default: throw SystemFailure("it is a device, and a file is needed")
    }
  }

  /// The bytes of a regular file.
  ///
  /// - Throws: ``SystemFailure`` where it is another thing, is missing or cannot be read.
  package static func contents(_ path: String) throws(SystemFailure) -> Data {
    try check(path)
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      var error = error as NSError
      while let inner = error.userInfo[NSUnderlyingErrorKey] as? NSError { error = inner }
      throw error.domain == NSPOSIXErrorDomain
        ? SystemFailure(code: Int32(error.code)) : SystemFailure("it cannot be read")
    }
  }
}
