#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "mappings/file_checks.hpp"

#include <memory>
#include <vector>

namespace sallyport::agent {

/// Whether bytes that pass by are what rules want, in memory that does not grow with them.
class ContentCheck {
public:
    virtual ~ContentCheck() = default;
    /// Errors: Errc::malformed; the detail says where and what, for the one who sent it.
    virtual Result<void> feed(BytesView bytes) = 0;
    /// That was all.
    virtual Result<void> finish() = 0;

    /// All that have to pass; none where everything is wanted.
    static std::vector<std::unique_ptr<ContentCheck>> make(const mappings::FileChecks& wanted);
};

/// Well-formed JSON (RFC 8259), and nothing behind it.
std::unique_ptr<ContentCheck> make_json_check();
/// Well-formed XML 1.0 without a document type: no DTD, no entities of its own.
std::unique_ptr<ContentCheck> make_xml_check();

}  // namespace sallyport::agent
