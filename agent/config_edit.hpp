#pragma once

#include "agent/config.hpp"
#include "base/result.hpp"
#include "mappings/document_edit.hpp"
#include "mappings/document_text.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace sallyport::agent {

/// Which mappings or rules a change is about.
struct EditTarget {
    std::string name{};                 // "host:port" of a mapping; empty: of all
    std::optional<std::size_t> rule{};  // number of a rule of it, from 1
    std::string path{};                 // or its path (or function)
    std::string scenario{};             // or all rules of that scenario

    bool is_about_rules() const { return rule || !path.empty() || !scenario.empty(); }
};

/// A configuration as text, and what it means: changes one as an administrator would with an
/// editor, leaving every other byte as it is. Pure: nothing is read or written.
///
/// A change is made only if the text that comes of it means exactly what was asked for: it is
/// parsed again, and compared.
class ConfigEdit {
public:
    /// Errors: those of Config::parse(); Errc::unsupported for mappings that are written inline.
    static Result<ConfigEdit> open(ConfigDocuments documents);

    /// Errors: Errc::not_found where there is nothing like it, Errc::conflict where it would not
    /// mean what was asked for, Errc::malformed where the result would not be valid.
    Result<void> set_enabled(const EditTarget& target, bool enabled);
    Result<void> remove(const EditTarget& target);
    /// `rules` are [[mapping.rule]] tables, for the end of the mapping of that name.
    Result<void> add_rules(const std::string& name, const std::string& rules);
    /// `tables` are [[mapping]] tables, for the end of the document of that name, which need not be
    /// there yet.
    Result<void> add_mappings(const std::string& document, const std::string& tables);
    /// The rules of `tables`, which are [[mapping]] tables, go to the mappings of the same name, or
    /// all of them to `to`, if that is not empty; rules that are there already are left out.
    /// Mappings that are not there go to `document`. All of them get `scenario`, if that is not
    /// empty.
    Result<void> import(const std::string& tables, const std::string& to,
                        const std::string& document, const std::string& scenario);

    /// The text of mappings with the rules that `target` names, comments included.
    Result<std::string> exported(const std::vector<std::string>& names,
                                 const std::string& scenario) const;

    /// What cannot be edited here.
    static Error written_inline(std::string_view where);

    const ConfigDocuments& documents() const { return documents_; }
    const Config& config() const { return config_; }

private:
    /// A mapping in its document.
    struct Place {
        std::size_t document = 0;
        std::size_t table = 0;  // of that document
    };
    ConfigEdit(ConfigDocuments documents, Config config);
    Result<void> locate();
    Result<std::size_t> find(std::string_view name) const;
    const mappings::TableText& table_of(std::size_t mapping) const;
    std::string_view text_of(std::size_t mapping) const;
    /// Mappings, and which of their rules; none: the mapping itself.
    using Chosen = std::vector<std::pair<std::size_t, std::vector<std::size_t>>>;
    Result<Chosen> chosen(const EditTarget& target) const;
    using Splices = std::map<std::size_t, std::vector<mappings::Splice>>;  // by document
    ConfigDocuments with(const Splices& splices) const;
    bool has_rule(std::size_t mapping, std::string_view text,
                  const mappings::TableText& rule) const;
    /// Takes the changed documents if they mean what was asked for.
    Result<void> take(ConfigDocuments changed,
                      const std::function<bool(const std::vector<mappings::Mapping>&)>& is_meant);

    ConfigDocuments documents_;
    Config config_;
    std::vector<mappings::DocumentText> scans_{};
    std::vector<Place> places_{};  // of the mappings of the configuration, in their order
};

/// The rules of a mapping, whatever it leads to: how many, and what one is about.
std::size_t rules_of(const mappings::Mapping& mapping);
const std::string& subject_of_rule(const mappings::Mapping& mapping, std::size_t index);
const std::string& scenario_of_rule(const mappings::Mapping& mapping, std::size_t index);

}  // namespace sallyport::agent
