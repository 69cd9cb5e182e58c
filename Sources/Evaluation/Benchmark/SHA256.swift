import Foundation

/// The SHA-256 digest of a file or of bytes: the name by which demonstrations are known.
///
/// Source: FIPS 180-4.
package struct SHA256 {
  private var state: [UInt32] = [
    0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
    0x5be0_cd19,
  ]
  private var pending: [UInt8] = []
  private var length: UInt64 = 0

  /// The digest of some bytes, as 64 hexadecimal digits.
  package static func digest(of bytes: some Sequence<UInt8>) -> String {
    var hash = SHA256()
    hash.add(Array(bytes))
    return hash.digest()
  }

  /// The digest of a file, as 64 hexadecimal digits.
  ///
  /// - Throws: ``EvaluationError/file(path:reason:)``.
  package static func digest(ofFile path: String) throws(EvaluationError) -> String {
    guard let file = FileHandle(forReadingAtPath: path) else {
      throw .file(path: path, reason: "cannot be read")
    }
    var hash = SHA256()
    do {
      while let data = try file.read(upToCount: 1 << 20), !data.isEmpty { hash.add(Array(data)) }
    } catch {
      throw .file(path: path, reason: "cannot be read to its end")
    }
    return hash.digest()
  }

  private mutating func add(_ bytes: [UInt8]) {
    length += UInt64(bytes.count)
    pending += bytes
    let whole = pending.count / 64 * 64
    for start in stride(from: 0, to: whole, by: 64) { process(pending[start..<start + 64]) }
    pending.removeFirst(whole)
  }

  private mutating func digest() -> String {
    let bits = length * 8
    let padding = (pending.count < 56 ? 55 : 119) - pending.count
    add([0x80] + Array(repeating: 0, count: padding))
    add((0..<8).map { UInt8(truncatingIfNeeded: bits >> (56 - 8 * $0)) })
    return state.map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }.joined()
  }

  private mutating func process(_ block: ArraySlice<UInt8>) {
    var w = [UInt32](repeating: 0, count: 64)
    for i in 0..<16 {
      for j in 0..<4 { w[i] = w[i] << 8 | UInt32(block[block.startIndex + 4 * i + j]) }
    }
    for i in 16..<64 {
      let a = Self.turned(w[i - 15], 7) ^ Self.turned(w[i - 15], 18) ^ w[i - 15] >> 3
      let b = Self.turned(w[i - 2], 17) ^ Self.turned(w[i - 2], 19) ^ w[i - 2] >> 10
      w[i] = w[i - 16] &+ a &+ w[i - 7] &+ b
    }
    var s = state
    for i in 0..<64 {
      let e = Self.turned(s[4], 6) ^ Self.turned(s[4], 11) ^ Self.turned(s[4], 25)
      let choice = (s[4] & s[5]) ^ (~s[4] & s[6])
      let first = s[7] &+ e &+ choice &+ Self.constants[i] &+ w[i]
      let a = Self.turned(s[0], 2) ^ Self.turned(s[0], 13) ^ Self.turned(s[0], 22)
      let majority = (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2])
      s = [first &+ a &+ majority, s[0], s[1], s[2], s[3] &+ first, s[4], s[5], s[6]]
    }
    for i in 0..<8 { state[i] &+= s[i] }
  }

  private static func turned(_ x: UInt32, _ count: UInt32) -> UInt32 {
    x >> count | x << (32 - count)
  }

  /// The fractional parts of the cube roots of the first 64 primes.
  private static let constants: [UInt32] = {
    var primes: [Int] = []
    var candidate = 2
    while primes.count < 64 {
      if primes.allSatisfy({ !candidate.isMultiple(of: $0) }) { primes.append(candidate) }
      candidate += 1
    }
    return primes.map { prime in
      // The integer cube root of prime · 2⁹⁶, found bit by bit, keeps 32 fractional bits.
      var root: UInt64 = 0
      for bit in stride(from: UInt64(34), through: 0, by: -1) {
        let next = root | 1 << bit
        if UInt128(next) * UInt128(next) * UInt128(next) <= UInt128(prime) << 96 { root = next }
      }
      return UInt32(truncatingIfNeeded: root)
    }
  }()
}
