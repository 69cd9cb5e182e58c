import Randomness
import Testing

@Suite struct KeyedPermutationTests {
  @Test(arguments: [1, 2, 3, 5, 16, 17, 100, 1000, 4097])
  func `every element is hit once`(_ count: Int) {
    for epoch: UInt32 in 0..<3 {
      let order = KeyedPermutation(count: count, seed: 9, purpose: .batch, epoch: epoch)
      #expect((0..<count).map { order[$0] }.sorted() == Array(0..<count))
    }
  }

  @Test func `epochs and seeds differ and each place is equally likely`() {
    func order(_ seed: UInt64, _ epoch: UInt32) -> [Int] {
      let permutation = KeyedPermutation(count: 10, seed: seed, purpose: .batch, epoch: epoch)
      return (0..<10).map { permutation[$0] }
    }
    #expect(order(1, 0) != order(1, 1))
    #expect(order(1, 0) != order(2, 0))
    var counts = Array(repeating: 0, count: 100)
    let trials: UInt32 = 20_000
    for epoch in 0..<trials {
      for (position, place) in order(3, epoch).enumerated() { counts[position * 10 + place] += 1 }
    }
    // Chi-square over the 10 × 10 table has 81 degrees of freedom: mean 81, deviation 12.7.
    let expected = Double(trials) / 10
    let statistic = counts.reduce(0.0) {
      $0 + (Double($1) - expected) * (Double($1) - expected) / expected
    }
    #expect(statistic < 81 + 5 * 12.7)
  }
}
