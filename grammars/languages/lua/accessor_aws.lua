-- Secrets from AWS Secrets Manager, each read once.
--
-- Made by keylift. Lua has no network of its own: this runs the AWS command line interface (`aws`) in a POSIX shell; region
-- and credentials come from its own chain. A secret that cannot be read is an error: there is no default.

-- Every file that loads this one shares what was read.
local own = debug.getinfo(1, "S").source
if package.loaded[own] then
  return package.loaded[own]
end

-- Version 1 of `aws` does not know the variable AWS_REGION.
local COMMAND = [[
AWS_PAGER='' PYTHONIOENCODING=UTF-8 PYTHONUTF8=1 aws secretsmanager get-secret-value \
  --query SecretString --output text ${AWS_REGION:+--region "$AWS_REGION"} </dev/null --secret-id ]]

local function read(name)
  local id = (os.getenv("KEYLIFT_AWS_PREFIX") or "@KEYLIFT_PREFIX@") .. name
  local quoted = "'" .. id:gsub("'", [['\'']]) .. "'"
  local pipe = assert(io.popen(COMMAND .. quoted .. "\nprintf '\\n%s' \"$?\"", "r"))
  local text = pipe:read("*a")
  pipe:close()
  -- `close` says how the command ended in newer versions of Lua alone. `aws` adds a line break of its own; a secret without
  -- text, which it writes as None, is binary.
  local value = text:match("^(.*)\n\n0$") or error("aws gave no answer")
  if value == "" or value == "None" then
    error("it has no text")
  end
  return value
end

local known = {}

-- The secret of that name, as text.
local function secret(name)
  if known[name] == nil then
    local worked, value = pcall(read, name)
    if not worked then
      error("The secret " .. name .. " could not be read: " .. value, 2)
    end
    known[name] = value
  end
  return known[name]
end

package.loaded[own] = secret
return secret
