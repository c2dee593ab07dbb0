# Secrets from HashiCorp Vault or OpenBao, each read once by a process.
#
# Made by keylift, for Windows PowerShell 5.1 and PowerShell 7. Address, token and namespace come from VAULT_ADDR, VAULT_TOKEN
# (or ~/.vault-token) and VAULT_NAMESPACE; a private authority's certificate belongs into the trust store of the machine. A
# secret that cannot be read throws: there is no default.
[CmdletBinding()]
param([Parameter(Mandatory = $true)] [string] $Name)

$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'

function Get-Setting([string] $Variable, [string] $Usual) {
    $value = [Environment]::GetEnvironmentVariable($Variable)
    if ([string]::IsNullOrEmpty($value)) { return $Usual }
    return $value
}

function Read-Secret {
    $address = (Get-Setting 'VAULT_ADDR' '').TrimEnd('/')
    if ($address -eq '') { throw 'VAULT_ADDR is not set' }
    $token = Get-Setting 'VAULT_TOKEN' ''
    if ($token -eq '') {
        $userHome = [Environment]::GetFolderPath('UserProfile')
        $token = [IO.File]::ReadAllText([IO.Path]::Combine($userHome, '.vault-token')).Trim()
    }
    $versions = (Get-Setting 'KEYLIFT_VAULT_KV' '@KEYLIFT_KV@') -ne '1'
    $path = @(Get-Setting 'KEYLIFT_VAULT_MOUNT' '@KEYLIFT_MOUNT@')
    if ($versions) { $path += 'data' }
    $path += Get-Setting 'KEYLIFT_VAULT_PREFIX' '@KEYLIFT_PREFIX@'
    $path += $Name
    $parts = ($path -join '/').Split('/') | Where-Object { $_ -ne '' } | ForEach-Object { [Uri]::EscapeDataString($_) }
    $headers = @{ 'X-Vault-Token' = $token; 'X-Vault-Request' = 'true' }
    $namespace = Get-Setting 'VAULT_NAMESPACE' ''
    if ($namespace -ne '') { $headers['X-Vault-Namespace'] = $namespace }
    # The token is for one server alone: redirects are not followed.
    $request = @{
        Uri = $address + '/v1/' + ($parts -join '/')
        Headers = $headers
        UseBasicParsing = $true
        MaximumRedirection = 0
        TimeoutSec = 30
    }
    $answer = Invoke-WebRequest @request
    # Windows PowerShell takes a text that names no encoding for Latin-1.
    $body = [Text.Encoding]::UTF8.GetString($answer.RawContentStream.ToArray())
    $data = (ConvertFrom-Json -InputObject $body).data
    if ($versions) { $data = $data.data }
    $value = $data.'@KEYLIFT_FIELD@'
    if ($value -isnot [string]) { throw 'the answer has no text in the field @KEYLIFT_FIELD@' }
    return $value
}

# What was read is kept out of the session's variables.
$known = [AppDomain]::CurrentDomain.GetData($PSCommandPath)
if ($null -eq $known) {
    $known = New-Object 'System.Collections.Concurrent.ConcurrentDictionary[string,string]'
    [AppDomain]::CurrentDomain.SetData($PSCommandPath, $known)
}
if (-not $known.ContainsKey($Name)) {
    try {
        $known[$Name] = Read-Secret
    }
    catch {
        throw "The secret $Name could not be read: $($_.Exception.Message)"
    }
}
$known[$Name]
