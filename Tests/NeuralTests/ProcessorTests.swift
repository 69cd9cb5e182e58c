import CKernels
import Foundation
import Testing

#if os(Linux) && arch(x86_64)
  /// That the machine code written for this processor is what runs, by the symbol table of this
  /// test.
  @Suite struct ProcessorTests {
    /// What the kernel says that the processor has, as a level of the x86-64 psABI.
    private func level() throws -> Int {
      let text = try String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("flags") })
      let flags = Set(line.split(separator: " ").map(String.init))
      if flags.isSuperset(of: ["avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"]) {
        return 4
      }
      return flags.isSuperset(of: ["avx2", "fma", "bmi1", "bmi2", "f16c", "movbe"]) ? 3 : 2
    }

    /// The name of the function at an address.
    private func symbol(at address: UnsafeRawPointer?) throws -> String {
      let place = UInt(bitPattern: address)
      let mappings = try String(contentsOfFile: "/proc/self/maps", encoding: .utf8)
        .split(separator: "\n").map { $0.split(separator: " ", omittingEmptySubsequences: true) }
      func range(_ fields: [Substring]) -> [UInt] {
        fields[0].split(separator: "-").compactMap { UInt($0, radix: 16) }
      }
      let own = try #require(
        mappings.first { range($0)[0] <= place && place < range($0)[1] }, "code is mapped")
      let file = String(own[own.count - 1])
      let base = try #require(
        mappings.first { $0.last.map(String.init) == file }.map { range($0)[0] })
      let offset = place - base
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["nm", file]
      let pipe = Pipe()
      process.standardOutput = pipe
      try process.run()
      let output = try #require(try pipe.fileHandleForReading.readToEnd())
      process.waitUntilExit()
      for line in String(decoding: output, as: UTF8.self).split(separator: "\n") {
        let fields = line.split(separator: " ")
        if fields.count == 3, UInt(fields[0], radix: 16) == offset { return String(fields[2]) }
      }
      return "nothing at \(offset)"
    }

    @Test func `kernels and products run in the version for this processor`() throws {
      let level = try level()
      let kernel = try symbol(at: CKernels_adamw_code())
      let product = try symbol(at: CKernels_matmul_code())
      #expect(kernel.contains(level > 2 ? "x86-64-v\(level)" : "default"), "\(kernel)")
      #expect(product == ["run_plain", "run_avx2", "run_avx512"][level - 2])
      #expect(
        String(cString: CKernels_processor_version())
          == (level > 2 ? "x86-64-v\(level)" : "default"))
    }
  }
#endif
