// The threshold rules that are shipped: catalogue/*.toml, which CMake puts into the program.
#pragma once

#include <string_view>
#include <vector>

#include "absl/types/span.h"
#include "collector/rules/rule_definition.h"

namespace steward::collector {

struct CatalogueFile {
  std::string_view name;  // "storage.toml"
  std::string_view text;
};

absl::Span<const CatalogueFile> CatalogueFiles();
std::string_view OsSupportText();  // os_support.toml

// All of them, read. A mistake in them ends the program: a test reads them too.
std::vector<RuleDefinition> CatalogueRules();

}  // namespace steward::collector
