/// A permutation of 0 ..< count that is computed, not stored.
///
/// A balanced Feistel network over the smallest even number of bits that holds `count`; positions
/// that land outside walk on until they land inside, which keeps it a permutation (cycle walking,
/// Black & Rogaway 2002). Shuffling an epoch so needs neither memory nor a history.
public struct KeyedPermutation: Sendable, Hashable {
  /// The number of elements.
  public let count: Int
  private let philox: Philox
  private let purpose: UInt32
  private let epoch: UInt32
  private let halfBits: UInt32

  /// The permutation of `count` elements for a seed, purpose and epoch.
  public init(count: Int, seed: UInt64, purpose: RandomPurpose, epoch: UInt32) {
    self.count = count
    self.purpose = purpose.rawValue
    self.epoch = epoch
    philox = Philox(key: seed)
    let bits = UInt32(max(Int.bitWidth - max(count - 1, 1).leadingZeroBitCount, 2))
    halfBits = (bits + 1) / 2
  }

  /// Where `position` goes; both in 0 ..< count.
  public subscript(position: Int) -> Int {
    var value = UInt64(position)
    repeat { value = scrambled(value) } while value >= UInt64(count)
    return Int(value)
  }

  private func scrambled(_ value: UInt64) -> UInt64 {
    let mask = UInt32(truncatingIfNeeded: (UInt64(1) << UInt64(halfBits)) - 1)
    var left = UInt32(truncatingIfNeeded: value >> UInt64(halfBits)) & mask
    var right = UInt32(truncatingIfNeeded: value) & mask
    // Fewer rounds favour some places where the halves have only a few bits.
    for round in 0..<8 as Range<UInt32> {
      let word = philox.block(SIMD4(right, round, epoch, purpose))[0]
      (left, right) = (right, left ^ (word & mask))
    }
    return UInt64(left) << UInt64(halfBits) | UInt64(right)
  }
}
