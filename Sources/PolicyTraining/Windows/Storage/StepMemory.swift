import Foundation
import PolicyRuntime

/// Raw memory that grows without being held twice, as an array would be while it grows.
final class StepMemory {
  /// The first byte.
  private(set) var start: UnsafeMutableRawPointer
  /// The number of bytes.
  private(set) var capacity: Int

  /// Allocates bytes.
  ///
  /// - Throws: ``WindowError/outOfMemory(bytes:)``.
  init(capacity: Int) throws(WindowError) {
    guard let start = malloc(max(capacity, 1)) else { throw .outOfMemory(bytes: capacity) }
    self.start = start
    self.capacity = capacity
  }

  deinit { free(start) }

  /// Makes the memory larger or smaller; what fits stays.
  ///
  /// - Throws: ``WindowError/outOfMemory(bytes:)``.
  func resize(to bytes: Int) throws(WindowError) {
    guard let moved = realloc(start, max(bytes, 1)) else { throw .outOfMemory(bytes: bytes) }
    start = moved
    capacity = bytes
  }
}
