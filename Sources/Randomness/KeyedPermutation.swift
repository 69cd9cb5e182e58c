/// A permutation of 0 ..< count that is computed, not stored.
///
/// A balanced Feistel network over the smallest even number of bits that holds `count`; positions
/// that land outside walk on until they land inside, which keeps it a permutation (cycle walking,
/// Black & Rogaway 2002). Shuffling an epoch so needs neither memory nor a history.
public struct KeyedPermutation: Sendable, Hashable {
  /// The number of elements.
  public let count: Int
  /// What the rounds mix in.
  private let roundKeys: SIMD4<UInt32>
  private let halfBits: UInt32

  /// The permutation of `count` elements for a seed, purpose and epoch.
  public init(count: Int, seed: UInt64, purpose: RandomPurpose, epoch: UInt32) {
    self.count = count
    roundKeys = Philox(key: seed).block(SIMD4(0, 0, epoch, purpose.rawValue))
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
      let key = roundKeys[Int(round % 4)] &+ round &* 0x9E37_79B9
      (left, right) = (right, left ^ (mixed(right ^ key) & mask))
    }
    return UInt64(left) << UInt64(halfBits) | UInt64(right)
  }

  /// MurmurHash3's finaliser, which spreads every bit over all others.
  private func mixed(_ word: UInt32) -> UInt32 {
    var h = word
    h ^= h >> 16
    h &*= 0x85EB_CA6B
    h ^= h >> 13
    h &*= 0xC2B2_AE35
    return h ^ h >> 16
  }
}
