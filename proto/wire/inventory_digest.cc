#include "proto/wire/inventory_digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <tuple>

namespace steward::wire {
namespace {

void Add(EVP_MD_CTX* context, const std::string& text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  const unsigned char length[4] = {static_cast<unsigned char>(size >> 24), static_cast<unsigned char>(size >> 16),
                                   static_cast<unsigned char>(size >> 8), static_cast<unsigned char>(size)};
  EVP_DigestUpdate(context, length, sizeof length);
  EVP_DigestUpdate(context, text.data(), text.size());
}

}  // namespace

std::string InventoryDigest(v1::Inventory& inventory) {
  auto& facts = *inventory.mutable_facts();
  const auto before = [](const v1::Fact& a, const v1::Fact& b) {
    return std::tie(a.group(), a.key()) < std::tie(b.group(), b.key());
  };
  if (!std::is_sorted(facts.begin(), facts.end(), before)) std::sort(facts.begin(), facts.end(), before);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  for (const v1::Fact& fact : facts) {
    Add(context.get(), fact.group());
    Add(context.get(), fact.key());
    Add(context.get(), fact.value());
  }
  std::string digest(32, '\0');
  EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr);
  return digest;
}

}  // namespace steward::wire
