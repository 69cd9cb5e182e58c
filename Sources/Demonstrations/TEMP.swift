extension DemonstrationStore { public func digest() throws -> String { "x" } }
