import CHDF5
import Foundation
import Synchronization

/// The HDF5 library behind one lock.
///
/// Debian builds HDF5 without thread safety, so every call happens inside ``locked(_:)``. Groups
/// and datasets are noncopyable and reach other code only as borrowed arguments of closures that
/// run inside it, so that none can outlive the lock.
enum HDF5 {
  private static let mutex = Mutex(())

  /// Whether the library has started, which happens inside the lock.
  ///
  /// Nothing is left to its exit handler, which might run beside another thread's call.
  private static let isStarted = H5dont_atexit() >= 0 && H5open() >= 0

  /// What went wrong while an object was closed that nobody had closed explicitly.
  // Only touched inside the lock, as every object of the library is.
  nonisolated(unsafe) fileprivate static var failedClosing: HDF5Failure?

  /// Runs `body` as the only user of the library in this process; not reentrant.
  ///
  /// - Throws: What `body` throws, or else the ``HDF5Failure`` of an object that could not be
  ///   closed meanwhile: what it still had to write is lost.
  static func locked<R: Sendable>(_ body: () throws -> R) throws -> R {
    try mutex.withLock { _ in
      _ = isStarted
      // Its own printing of errors goes: ours names file and dataset. (A setting of each thread,
      // where the library is built for threads.)
      H5Eset_auto2(CHDF5_error_stack(), nil, nil)
      failedClosing = nil
      let result = try body()
      if let failure = failedClosing { throw failure }
      return result
    }
  }

  /// Throws what the library says went wrong where a call's status is negative.
  static func check(_ status: some SignedInteger) throws(HDF5Failure) {
    if status < 0 { throw HDF5Failure.latest }
  }
}

/// What the library says about a call that failed; callers add file, demo and dataset.
struct HDF5Failure: Error {
  /// The innermost cause, in the library's words.
  let reason: String

  /// The cause of the call that has just failed; called inside the lock.
  static var latest: HDF5Failure {
    var reason = ""
    withUnsafeMutablePointer(to: &reason) { pointer in
      _ = H5Ewalk2(
        CHDF5_error_stack(), H5E_WALK_UPWARD,
        { _, entry, context in
          guard let text = context?.assumingMemoryBound(to: String.self), text.pointee.isEmpty,
            let description = entry?.pointee.desc
          else { return 0 }
          text.pointee = String(cString: description)
          return 0
        }, pointer)
    }
    return HDF5Failure(reason: readable(reason))
  }

  /// The library's words without the addresses and times that it puts around the system's.
  private static func readable(_ reason: String) -> String {
    if reason.isEmpty { return "no reason given by HDF5" }
    if reason.contains("bad version number") || reason.contains("bad superblock version") {
      return "\(reason): it was written for a later HDF5 than this one; rewrite it with "
        + "libver=('earliest', 'v110') in h5py, or by h5repack --high=2"
    }
    guard let start = reason.range(of: "error message = '")?.upperBound,
      let end = reason[start...].firstIndex(of: "'")
    else { return reason }
    let message = reason[start..<end].lowercased()
    return message == "no space left on device" ? "the disk is full" : message
  }
}

/// An open object of the library, closed when its owner goes.
///
/// The library may write what it has put off when an object is closed, and fail. What was written
/// to is therefore closed by ``closeNow()``; should the deinitialiser close it and fail, then
/// ``HDF5/locked(_:)`` throws that failure.
struct HDF5Identifier: ~Copyable {
  /// The library's number for it.
  let raw: hid_t
  private let close: @convention(c) (hid_t) -> herr_t

  /// Takes over what a call returned; throws the call's failure where it is negative.
  init(
    _ raw: hid_t, closedBy close: @escaping @convention(c) (hid_t) -> herr_t
  ) throws(HDF5Failure) {
    if raw < 0 { throw HDF5Failure.latest }
    self.raw = raw
    self.close = close
  }

  deinit {
    if close(raw) < 0, HDF5.failedClosing == nil { HDF5.failedClosing = .latest }
  }

  /// Closes the object now.
  ///
  /// - Throws: What the library could not write any more.
  consuming func closeNow() throws(HDF5Failure) {
    let status = close(raw)
    discard self
    try HDF5.check(status)
  }

  /// A property list of a class.
  static func properties(_ kind: hid_t) throws(HDF5Failure) -> HDF5Identifier {
    try HDF5Identifier(H5Pcreate(kind), closedBy: H5Pclose)
  }
}
